import { useMemo } from 'react';
import type { EChartsCoreOption } from 'echarts/core';
import { useTrend } from '../api/queries';
import type { Dashboard, TrendMonth } from '../api/types';
import { useI18n } from '../i18n';
import { now } from '../ui/clock';
import { formatDayShort, formatPercent, formatWeekday, legalDayOf } from '../ui/format';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { fontFamily, palettes, sizes, type Palette } from '../ui/theme';
import { useMode } from '../ui/theme-choice';
import { useIsPhone } from '../ui/use-media';
import Chart from './chart';

const px = (size: string): number => Number.parseInt(size, 10);
const text = (c: Palette) => ({ fontFamily, fontSize: px(sizes.font1), color: c.ink2 });
const tooltip = (c: Palette) => ({
  backgroundColor: c.surface,
  borderColor: c.line,
  textStyle: { fontFamily, fontSize: px(sizes.font2), color: c.ink },
  confine: true,
});

/** How many terms end on each of the next 14 days; today's in orange. */
export function Wave({ wave }: { wave: Dashboard['wave'] }) {
  const { t, language } = useI18n();
  const mode = useMode();
  const phone = useIsPhone();
  const c = palettes[mode];
  const today = legalDayOf(now());
  const option = useMemo<EChartsCoreOption>(
    () => ({
      textStyle: text(c),
      grid: { left: 8, right: 8, top: 24, bottom: 38 },
      tooltip: { ...tooltip(c), trigger: 'axis', axisPointer: { type: 'shadow' } },
      xAxis: {
        type: 'category',
        data: wave.map(({ day }) => `${formatWeekday(day, language)}\n${phone ? day.slice(8) : formatDayShort(day)}`),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: c.lineStrong } },
        axisLabel: { ...text(c), interval: 0, lineHeight: 15 },
      },
      yAxis: { type: 'value', show: false, minInterval: 1 },
      series: [
        {
          name: t.dashboard.waveDue,
          type: 'bar',
          barMaxWidth: 26,
          barGap: '10%',
          data: wave.map(({ day, due }) => ({
            value: due,
            itemStyle: { color: day === today ? c.orangeMark : c.act, borderRadius: [3, 3, 0, 0] },
          })),
          label: {
            show: true,
            position: 'top',
            ...text(c),
            formatter: ({ value }: { value: unknown }) => (value === 0 ? '' : String(value)),
          },
        },
        {
          name: t.dashboard.waveSafe,
          type: 'bar',
          barMaxWidth: 6,
          data: wave.map(({ safeBy }) => safeBy),
          itemStyle: { color: c.amberMark, borderRadius: [2, 2, 0, 0] },
        },
      ],
    }),
    [wave, c, t, language, today, phone],
  );
  if (wave.every(({ due, safeBy }) => due === 0 && safeBy === 0)) {
    return (
      <section className="panel" aria-label={t.dashboard.wave} data-testid="wave">
        <header className="panel-head">
          <h2>{t.dashboard.wave}</h2>
        </header>
        <Empty title={t.dashboard.waveNone} />
      </section>
    );
  }
  return (
    <Chart
      title={t.dashboard.wave}
      testId="wave"
      name="song-han-14-ngay"
      label={`${t.dashboard.wave}: ${wave.map(({ day, due }) => `${formatDayShort(day)} ${due}`).join(', ')}`}
      background={c.surface}
      option={option}
      note={
        <span className="quiet chart-key">
          <i style={{ background: c.act }} /> {t.dashboard.waveDue} <i style={{ background: c.amberMark }} />{' '}
          {t.dashboard.waveSafe}
        </span>
      }
      table={{
        columns: [t.common.today, t.dashboard.waveDue, t.dashboard.waveSafe],
        rows: wave.map(({ day, due, safeBy }) => [formatDayShort(day), due, safeBy]),
      }}
    />
  );
}

const TREND = ['R1', 'R2', 'R4'] as const;
const TARGETS = [90, 100];

/** The three rates over 24 months, each named at the end of its line, with the targets and the months in which a definition changed. */
export function TrendChart({ unit }: { unit: string | null }) {
  const { t, language, say } = useI18n();
  const trend = useTrend(unit);
  const mode = useMode();
  const phone = useIsPhone();
  const c = palettes[mode];
  const items: TrendMonth[] = useMemo(() => trend.data?.items ?? [], [trend.data]);
  const changes = useMemo(() => trend.data?.definitionChanges ?? [], [trend.data]);
  const monthName = (month: string): string => `${month.slice(5)}/${month.slice(0, 4)}`;
  const option = useMemo<EChartsCoreOption>(() => {
    const values = items
      .flatMap((item) => TREND.map((id) => item[id]?.value ?? null))
      .filter((value): value is number => value !== null);
    const lowest = Math.max(0, Math.floor((Math.min(85, ...values) - 2) / 5) * 5);
    // The name stands at the end of its line; where two lines end together the lower name moves down.
    const last = items.at(-1);
    const ends = TREND.flatMap((id) => (last?.[id]?.value == null ? [] : [{ id, value: last[id].value }])).sort(
      (a, b) => b.value - a.value,
    );
    const labelled = new Set<string>(ends.map(({ id }) => id));
    const shifts: Record<string, number> = {};
    const pointsPerLine = ((100 - lowest) / 200) * 15;
    let taken = Infinity;
    for (const { id, value } of ends) {
      const place = Math.min(value, taken - pointsPerLine);
      shifts[id] = ((value - place) / (100 - lowest)) * 200;
      taken = place;
    }
    const colours = { R1: c.greyMark, R2: c.act, R4: c.greenMark };
    return {
      textStyle: text(c),
      grid: { left: 40, right: phone ? 16 : 176, top: 20, bottom: 28 },
      tooltip: {
        ...tooltip(c),
        trigger: 'axis',
        valueFormatter: (value: unknown) => formatPercent(typeof value === 'number' ? value : null, language),
      },
      xAxis: {
        type: 'category',
        boundaryGap: false,
        data: items.map(({ month }) => monthName(month)),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: c.lineStrong } },
        axisLabel: { ...text(c), interval: phone ? 5 : 2, showMaxLabel: true },
      },
      yAxis: {
        type: 'value',
        min: lowest,
        max: 100,
        axisLabel: { ...text(c), formatter: '{value} %', showMinLabel: false },
        splitLine: { lineStyle: { color: c.line } },
      },
      series: TREND.map((id) => ({
        name: t.dashboard.names[id],
        type: 'line',
        data: items.map((item) => item[id]?.value ?? null),
        showSymbol: false,
        symbol: 'circle',
        symbolSize: 6,
        lineStyle: {
          width: id === 'R2' ? 2.5 : 1.75,
          type: id === 'R1' ? 'dashed' : id === 'R4' ? [6, 2] : 'solid',
          color: colours[id],
        },
        itemStyle: { color: colours[id] },
        endLabel: {
          show: !phone && labelled.has(id),
          ...text(c),
          color: c.ink,
          formatter: '{a}',
          distance: 8,
          offset: [0, shifts[id] ?? 0],
        },
        ...(id === 'R2'
          ? {
              markLine: {
                silent: true,
                symbol: 'none',
                data: [
                  ...TARGETS.map((target) => ({
                    yAxis: target,
                    lineStyle: { color: c.ink3, type: 'dotted', width: 1 },
                    label: {
                      show: target === 90,
                      position: 'insideStartTop',
                      ...text(c),
                      formatter: `${t.dashboard.target} > ${target} %`,
                    },
                  })),
                  ...changes.map(({ month, text: words }) => ({
                    xAxis: monthName(month),
                    lineStyle: { color: c.amberMark, type: 'solid', width: 1 },
                    label: { show: true, position: 'insideEndTop', ...text(c), formatter: say(words), rotate: 90 },
                  })),
                ],
              },
            }
          : {}),
      })),
    };
  }, [items, changes, c, t, language, say, phone]);

  // Lines without a name at their end (on a phone, or without a value this month) are named above.
  const unlabelled = TREND.filter((id) => phone || (items.at(-1)?.[id]?.value ?? null) === null);
  const isEmpty = items.every((item) => TREND.every((id) => (item[id]?.value ?? null) === null));
  if (trend.isError || trend.data === undefined || isEmpty) {
    return (
      <section className="panel" aria-label={t.dashboard.trend} data-testid="trend">
        <header className="panel-head">
          <h2>{t.dashboard.trend}</h2>
        </header>
        {trend.isError ? (
          <LoadProblem error={trend.error} retry={() => void trend.refetch()} />
        ) : trend.data === undefined ? (
          <Loading rows={4} />
        ) : (
          <Empty title={t.dashboard.trendNone} />
        )}
      </section>
    );
  }
  return (
    <Chart
      title={t.dashboard.trend}
      testId="trend"
      name="xu-huong-24-thang"
      label={`${t.dashboard.trend}: ${TREND.map((id) => `${t.dashboard.names[id]} ${formatPercent(items.at(-1)?.[id]?.value, language)}`).join(', ')}`}
      background={c.surface}
      option={option}
      note={
        unlabelled.length === 0 ? undefined : (
          <span className="quiet chart-key">
            {unlabelled.map((id) => (
              <span key={id}>
                <i style={{ background: { R1: c.greyMark, R2: c.act, R4: c.greenMark }[id] }} /> {t.dashboard.names[id]}
              </span>
            ))}
          </span>
        )
      }
      table={{
        columns: ['', ...TREND.map((id) => t.dashboard.names[id] ?? id)],
        rows: items.map((item) => [
          monthName(item.month),
          ...TREND.map((id) => {
            const point = item[id];
            return point === null
              ? '–'
              : `${formatPercent(point.value, language)} (${point.numerator}/${point.denominator})`;
          }),
        ]),
      }}
    />
  );
}
