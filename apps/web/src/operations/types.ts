import type { Bilingual } from '../api/types';

export const SERVICES = ['intake', 'prosecution', 'deadlines', 'statistics'] as const;
export type OperatedService = (typeof SERVICES)[number];

export type RebuildPhase = 'waiting' | 'loading' | 'indexing' | 'catching-up' | 'swapping' | 'done' | 'failed';

export interface RebuildState {
  consumer: string;
  phase: RebuildPhase;
  eventsDone: number;
  eventsTotal: number | null;
  eventsPerSecond: number | null;
  secondsLeft: number | null;
  error: string | null;
  endedAt: string | null;
}

/** One reader of events, as `GET /api/operations/{service}/consumers` answers it. */
export interface ConsumerView {
  name: string;
  state: 'running' | 'stopped' | 'fenced' | 'failed';
  failure: string | null;
  lag: { events: number; parkedStreams: number } | null;
  tables: string[] | null;
  notRebuildable: Bilingual | null;
  rebuild: RebuildState | null;
}

export interface ParkedStream {
  consumer: string;
  stream: string;
  error: string;
  attempts: number;
  events: number;
  retryRequested: boolean;
  parkedAt: string;
}
