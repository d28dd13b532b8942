import { useEffect, useRef, useState } from 'react';
import { withQuery, type Query } from '../api/client';
import { openLive } from '../api/live';
import type { Dashboard } from '../api/types';
import { now } from '../ui/clock';

/** The dashboard as the server pushes it: no reload, no polling. */
export interface LiveDashboard {
  data: Dashboard | null;
  state: 'connecting' | 'open' | 'lost';
  /** When the stream last gave a sign of life, by the server's clock. */
  aliveAt: number;
  /** The figures that have just changed, by their names; each is marked for a moment. */
  moved: ReadonlySet<string>;
  problem: unknown;
}

const MARK_MS = 2_500;

/** The figures worth a mark when they change. */
const figuresOf = (data: Dashboard): Map<string, string> =>
  new Map([
    ...data.indicators.map((entry): [string, string] => [entry.id, `${entry.numerator}/${entry.denominator}`]),
    ['open', String(data.open)],
    ['late', String(data.late)],
    ...data.byUnit.map((unit): [string, string] => [`unit ${unit.unitCode}`, `${unit.n} ${unit.open} ${unit.late}`]),
  ]);

export function useLiveDashboard(query: Query): LiveDashboard {
  const path = withQuery('/api/live/dashboard', query);
  const [live, setLive] = useState<LiveDashboard>({
    data: null,
    state: 'connecting',
    aliveAt: now(),
    moved: new Set(),
    problem: null,
  });
  const marks = useRef<ReturnType<typeof setTimeout> | null>(null);

  useEffect(() => {
    let figures: Map<string, string> | null = null;
    setLive((was) => ({ ...was, data: null, state: 'connecting', problem: null, moved: new Set() }));
    const close = openLive(path, {
      onEvent: ({ event, data }) => {
        if (event !== 'dashboard') return;
        const next = JSON.parse(data) as Dashboard;
        const fresh = figuresOf(next);
        const moved = new Set(
          [...fresh]
            .filter(([name, value]) => figures !== null && figures.has(name) && figures.get(name) !== value)
            .map(([name]) => name),
        );
        figures = fresh;
        setLive((was) => ({
          ...was,
          data: next,
          aliveAt: now(),
          moved: moved.size > 0 ? new Set([...was.moved, ...moved]) : was.moved,
        }));
        if (moved.size > 0) {
          if (marks.current !== null) clearTimeout(marks.current);
          marks.current = setTimeout(() => setLive((was) => ({ ...was, moved: new Set() })), MARK_MS);
        }
      },
      onBeat: () => setLive((was) => (now() - was.aliveAt > 1_000 ? { ...was, aliveAt: now() } : was)),
      onState: (state) => setLive((was) => ({ ...was, state, ...(state === 'open' ? { aliveAt: now() } : {}) })),
      onRefused: (problem) => setLive((was) => ({ ...was, problem })),
    });
    return () => {
      close();
      if (marks.current !== null) clearTimeout(marks.current);
    };
  }, [path]);
  return live;
}
