import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import { RowProjection } from '@app/event-store';
import type { RowChange, ScannedEvent } from '@app/event-store';
import { bulkUnderLaw, perHistory, PublishedLaw } from '@app/law-book';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import { seeAllUnits } from '@app/security';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { canonicalRow } from '../rollups/canonical-rows.js';
import { backlogOf, holdRollups } from '../rollups/rollup-lock.js';
import type { FactsTable } from '../rollups/rollup-lock.js';
import { addSums, CATEGORY_KEYS, CELL_KEYS, PAIR_KEYS } from '../rollups/rollup-writer.js';
import { foldCaseFacts } from './case-facts.js';
import type { CaseFacts } from './case-facts.js';
import { announceChange } from './changes.js';
import { addDifferences, FactsLoad, newSums, sumUpLoaded } from './facts-load.js';
import { foldTipFacts } from './tip-facts.js';
import type { TipFacts } from './tip-facts.js';
import { unitsOf } from './units-of-changes.js';

const idIn = (stream: string, prefix: string): string[] =>
  stream.startsWith(prefix) ? [stream.slice(prefix.length)] : [];

/** Names of the consumers and of what follows the published law. */
export const TIP_FACTS = 'statistics.tip-facts';
export const CASE_FACTS = 'statistics.case-facts';

/** Tips of the same days share most of their cells of sums: a large batch writes each of them once. */
const MOST_WHILE_BEHIND = 4_000;

/** `statistics.tip_facts` from the streams of tips: one SELECT and one upsert a batch, whatever its size. */
export function tipFactsConsumer(law = new PublishedLaw(SCHEMA)): Consumer {
  const tipsUnder = perHistory(
    (history) =>
      new RowProjection<TipFacts, ScannedEvent>({
        schema: SCHEMA,
        table: 'tip_facts',
        key: 'tip_id',
        keys: ({ stream }) => idIn(stream, STREAMS.crimeTip),
        ofOneStream: true,
        fold: (facts, event) => foldTipFacts(facts, event, history),
      }),
  );
  const applyTips = async (tx: PoolClient, batch: readonly DeliveredEvent[]): Promise<RowChange<TipFacts>[]> =>
    apply(tx, 'tip_facts', tipsUnder(await law.historyIn(tx)), batch);
  return {
    name: TIP_FACTS,
    topics: [TOPIC_NAMES.crimeTips],
    mostWhileBehind: MOST_WHILE_BEHIND,
    async handle(batch, tx) {
      const changes = await applyTips(tx, batch);
      await announceChange(tx, { units: unitsOf(changes), recordedAtMs: newestRecording(batch) });
    },
    rebuild: {
      tables: ['tip_facts', 'tip_rollup', 'tip_rollup_pairs', 'tip_times', 'tip_categories', 'tip_rollup_backlog'],
      // Nobody is told of a rebuild before it is done.
      handle: async (batch, tx) => void (await applyTips(tx, batch)),
      bulk: () =>
        bulkUnderLaw(
          law,
          (history) => new FactsLoad<TipFacts>('tip_facts', (onWrite) => tipsUnder(history).load(onWrite)),
        ),
      loaded: (transaction) => sumUpLoaded(transaction, 'tip_facts'),
      canonical: {
        tip_rollup: canonicalRow(CELL_KEYS),
        tip_rollup_pairs: canonicalRow(PAIR_KEYS),
        tip_times: canonicalRow(CELL_KEYS),
        tip_categories: canonicalRow(CATEGORY_KEYS),
      },
      basis: async (db) => `${await treeGeneration(db)} ${await law.head(db)}`,
      afterSwap: announceAll,
    },
  };
}

/** `statistics.case_facts` from the streams of cases. */
export function caseFactsConsumer(law = new PublishedLaw(SCHEMA)): Consumer {
  const casesUnder = perHistory(
    (history) =>
      new RowProjection<CaseFacts, ScannedEvent>({
        schema: SCHEMA,
        table: 'case_facts',
        key: 'case_id',
        keys: ({ stream }) => idIn(stream, STREAMS.criminalCase),
        ofOneStream: true,
        fold: (facts, event) => foldCaseFacts(facts, event, history),
      }),
  );
  const applyCases = async (tx: PoolClient, batch: readonly DeliveredEvent[]): Promise<RowChange<CaseFacts>[]> =>
    apply(tx, 'case_facts', casesUnder(await law.historyIn(tx)), batch);
  return {
    name: CASE_FACTS,
    topics: [TOPIC_NAMES.criminalCases],
    mostWhileBehind: MOST_WHILE_BEHIND,
    async handle(batch, tx) {
      const changes = await applyCases(tx, batch);
      await announceChange(tx, { units: unitsOf(changes), recordedAtMs: newestRecording(batch) });
    },
    rebuild: {
      tables: ['case_facts', 'case_rollup', 'case_rollup_pairs', 'case_rollup_backlog'],
      handle: async (batch, tx) => void (await applyCases(tx, batch)),
      bulk: () =>
        bulkUnderLaw(
          law,
          (history) => new FactsLoad<CaseFacts>('case_facts', (onWrite) => casesUnder(history).load(onWrite)),
        ),
      loaded: (transaction) => sumUpLoaded(transaction, 'case_facts'),
      canonical: { case_rollup: canonicalRow(CELL_KEYS), case_rollup_pairs: canonicalRow(PAIR_KEYS) },
      basis: async (db) => `${await treeGeneration(db)} ${await law.head(db)}`,
      afterSwap: announceAll,
    },
  };
}

/** The sums of groups follow from the tree of units too: when it changes, the consumer of units moves the live ones. */
async function treeGeneration(db: PoolClient): Promise<string> {
  const { rows } = await db.query<{ generation: string }>(
    `SELECT generation::text FROM ${SCHEMA}.unit_tree_generation`,
  );
  return rows[0]?.generation ?? '';
}

const announceAll = (tx: PoolClient): Promise<void> => announceChange(tx, { units: ['*'], recordedAtMs: 0 });

/**
 * Fold a batch into the facts and add to the rollups what they then differ by; of facts that a filler has not come to,
 * nothing is in them yet.
 */
async function apply<Row extends TipFacts | CaseFacts>(
  tx: PoolClient,
  table: FactsTable,
  facts: RowProjection<Row, ScannedEvent>,
  batch: readonly DeliveredEvent[],
): Promise<RowChange<Row>[]> {
  await seeAllUnits(tx);
  await holdRollups(tx, SCHEMA, 'shared');
  const changes = await facts.applyBatch(tx, batch);
  if (changes.length === 0) return changes;
  const backlog = await backlogOf(tx, SCHEMA, table);
  const sums = newSums(table);
  addDifferences(sums, table, backlog ? changes.filter(({ key }) => (key as string) <= backlog.filledUpTo) : changes);
  await addSums(tx, SCHEMA, sums);
  return changes;
}

function newestRecording(batch: readonly DeliveredEvent[]): number {
  return batch.reduce((newest, { meta }) => Math.max(newest, Date.parse(meta.recordedAt) || 0), 0);
}
