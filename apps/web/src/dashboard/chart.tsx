import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import type { EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useI18n } from '../i18n';

echarts.use([BarChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

/** A chart with its table and its downloads (PNG, CSV). Drawn when the web font is there, so that its labels are measured rightly. */
export interface ChartTable {
  columns: string[];
  rows: (string | number)[][];
}

/** A cell of a CSV file; what a spreadsheet would take for a formula is made text. */
const csvCell = (value: string | number): string => {
  const text = typeof value === 'string' && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value);
  return /[",\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function give(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export default function Chart({
  title,
  note,
  option,
  table,
  name,
  label,
  background,
  testId,
}: {
  title: string;
  note?: ReactNode;
  option: EChartsCoreOption;
  table: ChartTable;
  /** Of the files, without extension. */
  name: string;
  label: string;
  background: string;
  testId?: string;
}) {
  const { t } = useI18n();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [fontReady, setFontReady] = useState(false);

  useEffect(() => {
    let current = true;
    void document.fonts.ready.then(() => {
      if (current) setFontReady(true);
    });
    return () => {
      current = false;
    };
  }, []);

  useEffect(() => {
    if (!fontReady || asTable || box.current === null) return;
    // The wall screen enlarges the page: its charts are drawn finer so that they stay sharp.
    const devicePixelRatio = Math.max(window.devicePixelRatio, document.body.classList.contains('wall') ? 2 : 1);
    const made = echarts.init(box.current, null, { renderer: 'canvas', devicePixelRatio });
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [fontReady, asTable]);

  useEffect(() => {
    chart.current?.setOption({ animation: false, ...option }, { notMerge: true });
  }, [option, fontReady, asTable]);

  const asPng = (): void => {
    const canvas = chart.current?.renderToCanvas({ pixelRatio: 2, backgroundColor: background });
    canvas?.toBlob((blob) => {
      if (blob !== null) give(blob, `${name}.png`);
    });
  };
  const asCsv = (): void => {
    const lines = [table.columns, ...table.rows].map((row) => row.map(csvCell).join(','));
    give(new Blob([`\ufeff${lines.join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' }), `${name}.csv`);
  };

  return (
    <section className="panel" aria-label={title} data-testid={testId}>
      <header className="panel-head">
        <h2>{title}</h2>
        {note}
        <div className="chart-tools push no-print">
          <button
            type="button"
            className="plain-button link-button"
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? t.dashboard.chart : t.dashboard.table}
          </button>
          {asTable ? null : (
            <button type="button" className="plain-button link-button" onClick={asPng} title={t.dashboard.png}>
              PNG
            </button>
          )}
          <button type="button" className="plain-button link-button" onClick={asCsv} title={t.dashboard.csv}>
            CSV
          </button>
        </div>
      </header>
      {asTable ? (
        <div className="table-wrap chart-table">
          <table className="table">
            <thead>
              <tr>
                {table.columns.map((column, index) => (
                  <th key={column} scope="col" className={index === 0 ? '' : 'numeric'}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row) => (
                <tr key={String(row[0])}>
                  {row.map((cell, index) => (
                    <td key={index} className={index === 0 ? '' : 'numeric'}>
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div ref={box} className="chart" role="img" aria-label={label} />
      )}
    </section>
  );
}
