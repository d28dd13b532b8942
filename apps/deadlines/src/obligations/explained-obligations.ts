import type { LawVersion, Obligation } from '@app/legal-time-limits';
import type { PoolClient } from 'pg';
import type { MatterKind } from '../matters/facts-of-events.js';
import { type MatterFacts, matterOf } from '../matters/matter-facts.js';
import { dutiesOf } from './duties-of-matter.js';
import type { ObligationView } from './obligation-list.js';

/** What is computed on reading, not stored. */
type Explanation = Pick<
  Obligation,
  'name' | 'recipient' | 'cites' | 'calendarVersion' | 'printed' | 'mismatch' | 'why'
>;

/** An obligation as answered: with its name, its articles and each step of its calculation. */
export type ExplainedObligation = Omit<ObligationView, 'key' | 'lateFrom'> & Explanation;

/**
 * Add name, articles and reasons, computed from the matters' facts for these rows alone: a thousand words per duty are
 * not worth storing. In the order of `rows`; reads with the scope of `tx`.
 */
export async function explain(
  tx: PoolClient,
  rows: readonly ObligationView[],
  history: readonly LawVersion[],
): Promise<ExplainedObligation[]> {
  if (rows.length === 0) return [];
  const { rows: matters } = await tx.query<{ matter_id: string; matter_kind: MatterKind; facts: MatterFacts }>(
    `SELECT matter_id, matter_kind, facts FROM deadlines.matters WHERE matter_id = ANY($1::uuid[])`,
    [[...new Set(rows.map(({ matterId }) => matterId))]],
  );
  const computed = new Map<string, Obligation>();
  for (const { matter_id, matter_kind, facts } of matters) {
    const { obligations } = dutiesOf(matterOf(matter_id, matter_kind, facts), history, { why: true });
    for (const obligation of obligations) computed.set(`${matter_id}/${obligation.id}`, obligation);
  }
  return rows.map(({ key, lateFrom: _lateFrom, ...row }) => {
    // Rows and facts are of one transaction, written together: a row without its computation would be a broken store.
    const obligation = computed.get(`${row.matterId}/${key}`);
    if (!obligation) throw new Error(`obligation ${row.id} does not follow from the facts of its matter`);
    const { name, recipient, cites, calendarVersion, printed, mismatch, why } = obligation;
    return { ...row, name, recipient, cites, calendarVersion, printed, mismatch, why };
  });
}
