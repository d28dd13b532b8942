import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import { RowProjection } from '@app/event-store';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import { seeAllUnits } from '@app/security';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { foldCaseFacts } from './case-facts.js';
import type { CaseFacts } from './case-facts.js';
import { announceChange } from './changes.js';
import { foldTipFacts } from './tip-facts.js';
import type { TipFacts } from './tip-facts.js';

const idIn = (stream: string, prefix: string): string[] =>
  stream.startsWith(prefix) ? [stream.slice(prefix.length)] : [];

/** `statistics.tip_facts` from the streams of tips: one SELECT and one upsert a batch, whatever its size. */
export function tipFactsConsumer(): Consumer {
  const tips = new RowProjection<TipFacts, DeliveredEvent>({
    schema: SCHEMA,
    table: 'tip_facts',
    key: 'tip_id',
    keys: ({ stream }) => idIn(stream, STREAMS.crimeTip),
    fold: foldTipFacts,
  });
  return {
    name: 'statistics.tip-facts',
    topics: [TOPIC_NAMES.crimeTips],
    async handle(batch, tx) {
      await seeAllUnits(tx);
      const changes = await tips.applyBatch(tx, batch);
      await announceChange(tx, { units: unitsOf(changes), recordedAtMs: newestRecording(batch) });
    },
  };
}

/** `statistics.case_facts` from the streams of cases. */
export function caseFactsConsumer(): Consumer {
  const cases = new RowProjection<CaseFacts, DeliveredEvent>({
    schema: SCHEMA,
    table: 'case_facts',
    key: 'case_id',
    keys: ({ stream }) => idIn(stream, STREAMS.criminalCase),
    fold: foldCaseFacts,
  });
  return {
    name: 'statistics.case-facts',
    topics: [TOPIC_NAMES.criminalCases],
    async handle(batch: readonly DeliveredEvent[], tx: PoolClient) {
      await seeAllUnits(tx);
      const changes = await cases.applyBatch(tx, batch);
      await announceChange(tx, { units: unitsOf(changes), recordedAtMs: newestRecording(batch) });
    },
  };
}

function newestRecording(batch: readonly DeliveredEvent[]): number {
  return batch.reduce((newest, { meta }) => Math.max(newest, Date.parse(meta.recordedAt) || 0), 0);
}

interface Placed {
  unit_code: string;
  supervised_by: string;
  received_by?: string;
  accepted_unit?: string | null;
}

/** Every unit whose figures the changes may move, before and after. */
function unitsOf(changes: readonly { before: Placed | undefined; after: Placed | undefined }[]): string[] {
  const units = new Set<string>();
  for (const { before, after } of changes) {
    for (const row of [before, after]) {
      for (const unit of [row?.unit_code, row?.supervised_by, row?.received_by, row?.accepted_unit]) {
        if (unit) units.add(unit);
      }
    }
  }
  return [...units];
}
