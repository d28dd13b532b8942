import type { ChangeOptions, NewEvent, StoredEvent, StreamDefinition } from '@app/event-store';
import type { TopicSource } from '@app/messaging';

/** The schema of the writing service, and the one of the service that reads. */
export const LOG = 'intake';
export const HOME = 'reader';

export const TOPICS: readonly TopicSource[] = [
  { topic: 'intake.tips', service: 'intake', streamPrefix: 'tip-' },
  { topic: 'intake.cases', service: 'intake', streamPrefix: 'case-' },
];
export const topicOf = (stream: string): string | undefined =>
  TOPICS.find(({ streamPrefix }) => stream.startsWith(streamPrefix))?.topic;

/** Events of this type stay in the service. */
export const PRIVATE = 'Noted';
export const isPublic = (type: string): boolean => type !== PRIVATE;

export const ACTOR = { id: 'canbo', role: 'intake_officer', unit: 'PC-80' };
export const HAPPENED_AT = '2026-01-05T08:00:00+07:00';

/** What every simulated event carries: the command that caused it, and what the decision believed. */
export interface StepData extends Record<string, unknown> {
  command: string;
  /** Which of the command's events this is, and how many it has. */
  index: number;
  of: number;
  /** Version of the stream that the decision saw; -1 when it did not look. */
  seen: number;
  amount: number;
  /** Makes the readers' handlers throw until they are mended. */
  poison?: true;
  place?: { number: number; year: number };
}

export interface TallyState {
  version: number;
  sum: number;
}

/** The state that decisions stand on; a wrong fold shows in the next decision's `seen`. */
export const tally: StreamDefinition<TallyState> = {
  initial: { version: 0, sum: 0 },
  evolve: (state, event: StoredEvent) => ({
    version: state.version + 1,
    sum: state.sum + (event.data as unknown as StepData).amount,
  }),
};

/** The events of one command. */
export function steps(command: string, amounts: readonly number[], seen: number, poison: boolean): NewEvent[] {
  return amounts.map((amount, index) => {
    const data: StepData = { command, index, of: amounts.length, seen, amount };
    if (poison && index === 0) data.poison = true;
    return { type: amount % 7 === 0 ? PRIVATE : 'Stepped', data };
  });
}

export function optionsOf(key: string | null, more: Partial<ChangeOptions> = {}): ChangeOptions {
  return {
    actor: ACTOR,
    happenedAt: HAPPENED_AT,
    correlationId: key ?? 'none',
    ...(key === null ? {} : { idempotency: { key, fingerprint: `of ${key}` } }),
    ...more,
  };
}

/** One row for each stream: sum, count and a digest that depends on the order of its public events. */
export interface TallyRow extends Record<string, unknown> {
  stream: string;
  events: number;
  sum: number;
  digest: number;
}

/** One row for each group of streams: what many streams add up to, in any order. */
export interface TotalRow extends Record<string, unknown> {
  team: string;
  events: number;
  sum: number;
}

export const teamOf = (stream: string): string => `team-${Number(stream.split('-')[1]) % 2}`;

export function foldTally(row: TallyRow | undefined, event: StoredEvent): TallyRow {
  const { amount } = event.data as unknown as StepData;
  const before = row ?? { stream: event.stream, events: 0, sum: 0, digest: 7 };
  return {
    stream: event.stream,
    events: before.events + 1,
    sum: before.sum + amount,
    digest: (Math.imul(before.digest, 31) + event.version * 7 + amount) | 0,
  };
}

export function foldTotal(row: TotalRow | undefined, event: StoredEvent): TotalRow {
  const { amount } = event.data as unknown as StepData;
  const before = row ?? { team: teamOf(event.stream), events: 0, sum: 0 };
  return { team: before.team, events: before.events + 1, sum: before.sum + amount };
}
