import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useIsPhone } from './use-media';

/**
 * A dense list: rows of 36 px at the desk, cards of the same facts on a phone. J and K move the chosen row, Enter opens it.
 * Only the rows near the window are in the page, so ten thousand rows scroll as smoothly as ten.
 */
export interface Column<T> {
  key: string;
  title: ReactNode;
  render: (row: T) => ReactNode;
  /** Numbers stand right, with tabular figures. */
  numeric?: boolean;
  width?: 'narrow' | 'wide';
  /** The first fact of a card; the others follow in order. */
  lead?: boolean;
  /** Left out of the card on a phone. */
  deskOnly?: boolean;
}

const ROW_PX = 36;
const WINDOW_FROM = 200;
const MARGIN_ROWS = 30;

interface Props<T> {
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  label: string;
  onOpen?: (row: T) => void;
  /** Buttons at the end of a row. */
  actions?: (row: T) => ReactNode;
  rowClass?: (row: T) => string;
  testId?: string;
  /** Listens for J, K and Enter on the whole page, not only inside the table. */
  pageKeys?: boolean;
}

export function DataTable<T>({
  rows,
  columns,
  rowKey,
  label,
  onOpen,
  actions,
  rowClass,
  testId,
  pageKeys = false,
}: Props<T>) {
  const phone = useIsPhone();
  const [chosen, setChosen] = useState(-1);
  const body = useRef<HTMLElement | null>(null);
  const slice = useVisibleRows(body, rows.length, !phone && rows.length > WINDOW_FROM);

  const onKey = useCallback(
    (
      event: Pick<globalThis.KeyboardEvent, 'key' | 'preventDefault' | 'target' | 'ctrlKey' | 'metaKey' | 'altKey'>,
    ): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement | null;
      if (target !== null && /^(input|textarea|select)$/i.test(target.tagName)) return;
      if (target?.closest('.ant-drawer, .ant-modal, [role="dialog"]') != null) return;
      const key = event.key.toLowerCase();
      if (key === 'j' || key === 'k' || key === 'arrowdown' || key === 'arrowup') {
        if (key.startsWith('arrow') && pageKeys && body.current !== null && !body.current.contains(target)) return;
        event.preventDefault();
        setChosen((was) => Math.max(0, Math.min(rows.length - 1, was + (key === 'j' || key === 'arrowdown' ? 1 : -1))));
      }
      if (key === 'enter' && target !== null && !/^(a|button)$/i.test(target.tagName)) {
        const row = rows[chosen];
        if (row !== undefined && onOpen !== undefined) {
          event.preventDefault();
          onOpen(row);
        }
      }
    },
    [rows, chosen, onOpen, pageKeys],
  );

  useEffect(() => {
    if (!pageKeys) return;
    const listen = (event: globalThis.KeyboardEvent): void => onKey(event);
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [pageKeys, onKey]);

  useEffect(() => {
    body.current?.querySelector<HTMLElement>('[data-chosen="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const keyProps = pageKeys ? {} : { onKeyDown: (event: KeyboardEvent) => onKey(event.nativeEvent) };
  const open = (row: T) => (onOpen === undefined ? undefined : () => onOpen(row));

  if (phone) {
    const lead = columns.find((column) => column.lead) ?? columns[0];
    return (
      <ul
        className="cards"
        aria-label={label}
        data-testid={testId}
        ref={(element) => {
          body.current = element;
        }}
      >
        {rows.map((row) => (
          <li key={rowKey(row)} className={rowClass?.(row) ?? ''} data-row={rowKey(row)} onClick={open(row)}>
            <div className="card-lead">{lead?.render(row)}</div>
            <div className="card-facts">
              {columns
                .filter((column) => column !== lead && column.deskOnly !== true)
                .map((column) => (
                  <span key={column.key} className={`card-fact card-${column.key}`}>
                    {column.render(row)}
                  </span>
                ))}
            </div>
            {actions === undefined ? null : <div className="card-actions">{actions(row)}</div>}
          </li>
        ))}
      </ul>
    );
  }

  return (
    <div className="table-wrap">
      <table
        className="table"
        aria-label={label}
        aria-rowcount={rows.length}
        data-testid={testId}
        tabIndex={pageKeys ? undefined : 0}
        {...keyProps}
      >
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={cellClass(column)}>
                {column.title}
              </th>
            ))}
            {actions === undefined ? null : <th className="cell-actions" aria-hidden="true" />}
          </tr>
        </thead>
        <tbody
          ref={(element) => {
            body.current = element;
          }}
        >
          {slice.from > 0 ? <tr aria-hidden="true" style={{ height: slice.from * ROW_PX }} /> : null}
          {rows.slice(slice.from, slice.to).map((row, offset) => {
            const index = slice.from + offset;
            return (
              <tr
                key={rowKey(row)}
                data-row={rowKey(row)}
                data-chosen={index === chosen}
                aria-rowindex={index + 1}
                className={`${onOpen === undefined ? '' : 'row-opens'} ${rowClass?.(row) ?? ''}`}
                onClick={open(row)}
                onMouseDown={() => setChosen(index)}
              >
                {columns.map((column) => (
                  <td key={column.key} className={cellClass(column)}>
                    {column.render(row)}
                  </td>
                ))}
                {actions === undefined ? null : (
                  <td className="cell-actions" onClick={(event) => event.stopPropagation()}>
                    {actions(row)}
                  </td>
                )}
              </tr>
            );
          })}
          {slice.to < rows.length ? (
            <tr aria-hidden="true" style={{ height: (rows.length - slice.to) * ROW_PX }} />
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

const cellClass = <T,>(column: Column<T>): string =>
  [`col-${column.key}`, column.numeric ? 'numeric' : '', column.width === undefined ? '' : `cell-${column.width}`]
    .join(' ')
    .trim();

function useVisibleRows(
  body: { current: HTMLElement | null },
  count: number,
  active: boolean,
): { from: number; to: number } {
  const [range, setRange] = useState({ from: 0, to: WINDOW_FROM });
  useEffect(() => {
    if (!active) return;
    const measure = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const from = Math.max(0, Math.floor(-top / ROW_PX) - MARGIN_ROWS);
      const to = Math.min(count, from + Math.ceil(window.innerHeight / ROW_PX) + 2 * MARGIN_ROWS);
      setRange((was) => (was.from === from && was.to === to ? was : { from, to }));
    };
    measure();
    window.addEventListener('scroll', measure, { passive: true });
    window.addEventListener('resize', measure);
    return () => {
      window.removeEventListener('scroll', measure);
      window.removeEventListener('resize', measure);
    };
  }, [active, count, body]);
  return active ? range : { from: 0, to: count };
}
