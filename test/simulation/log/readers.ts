import { RowProjection } from '@app/event-store';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import { type Known, upsert } from '../postgres/statements.js';
import { rowStatements } from '../postgres/rows.js';
import { type World, Violation } from '../world.js';
import { foldTally, foldTotal, HOME, type StepData, type TallyRow, teamOf, type TotalRow } from './register.js';

/** What the readers' handlers do with poisoned events, and whether they were mended. */
export interface Mending {
  mended: boolean;
}

/** The readers' tables: two read models, and a record of every effect for the checks. */
export function createReaders(world: World): void {
  const { db } = world;
  db.create(`${HOME}.tallies`, [['tallies_pkey', ['stream']]]);
  db.create(`${HOME}.totals`, [['totals_pkey', ['team']]]);
  db.create(`${HOME}.seen`, [['seen_pkey', ['consumer', 'id']]]);
}

export const readerStatements: readonly Known[] = [
  ...rowStatements({
    [`${HOME}.tallies`]: [
      ['stream', 'text'],
      ['events', 'integer'],
      ['sum', 'integer'],
      ['digest', 'integer'],
      ['versions', 'jsonb'],
    ],
    [`${HOME}.totals`]: [
      ['team', 'text'],
      ['events', 'integer'],
      ['sum', 'integer'],
      ['versions', 'jsonb'],
    ],
  }),
  {
    text: /^INSERT INTO reader\.seen SELECT \$1, \* FROM unnest\(\$2\)$/,
    meaning: () =>
      function* (call) {
        const [consumer, ids] = call.values as [string, string[]];
        for (const id of ids) {
          yield* upsert(call, call.db.table(`${HOME}.seen`), { consumer, id, times: 1 }, (standing) => ({
            ...standing,
            times: (standing['times'] as number) + 1,
          }));
        }
        return {};
      },
  },
];

/** A projection by stream, and one over many streams that reads both topics. */
export function readers(world: World, mending: Mending): Consumer[] {
  const reader = (
    name: string,
    topics: readonly string[],
    apply: (tx: Parameters<Consumer['handle']>[1], batch: readonly DeliveredEvent[]) => Promise<unknown>,
  ): Consumer => ({
    name,
    topics,
    async handle(batch, tx) {
      inStreamOrder(world, name, batch);
      await apply(tx, batch);
      await tx.query(`INSERT INTO ${HOME}.seen SELECT $1, * FROM unnest($2)`, [name, batch.map(({ id }) => id)]);
      if (!mending.mended && batch.some(({ data }) => (data as unknown as StepData).poison)) throw new Error('poison');
    },
  });
  const tallies = new RowProjection<TallyRow>({
    schema: HOME,
    table: 'tallies',
    key: 'stream',
    keys: ({ stream }) => [stream],
    fold: foldTally,
  });
  const totals = new RowProjection<TotalRow>({
    schema: HOME,
    table: 'totals',
    key: 'team',
    keys: ({ stream }) => [teamOf(stream)],
    fold: foldTotal,
  });
  return [
    reader('reader.tallies', ['intake.tips'], (tx, batch) => tallies.applyBatch(tx, batch)),
    reader('reader.totals', ['intake.tips', 'intake.cases'], (tx, batch) => totals.applyBatch(tx, batch)),
  ];
}

/** A batch holds each stream's events in order. */
function inStreamOrder(world: World, consumer: string, batch: readonly DeliveredEvent[]): void {
  const last = new Map<string, number>();
  for (const { stream, version } of batch) {
    if ((last.get(stream) ?? 0) >= version) {
      world.scheduler.fail(new Violation('I5', `${consumer} was given ${stream} ${version} after ${last.get(stream)}`));
    }
    last.set(stream, version);
  }
}
