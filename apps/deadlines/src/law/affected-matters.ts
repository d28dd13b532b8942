import type { LegalDate } from '@app/legal-time-limits';

/** What a draft or a publication changes, as far as the store can tell whom it may concern. */
export type LawChange =
  { publication: 'calendar'; changedDays: readonly LegalDate[] } | { publication: 'rule'; rule: string };

/** A condition on `deadlines.obligations o`, and its values from `$first` on. */
export interface Condition {
  sql: string;
  values: unknown[];
}

/**
 * The open duties that a change may move; no other can. A calendar is read from the start of a term to its latest arguable
 * day and nowhere else, and hour terms read none: a duty outside of whose span every changed day lies stays as it is. A row of
 * a rule reaches the terms of that rule and, with them, what is counted back from their ends in the same matter.
 */
export function mayMove(change: LawChange, first: number): Condition {
  if (change.publication === 'rule') {
    return { sql: `o.state = 'open' AND o.rule = $${first}`, values: [change.rule] };
  }
  const days = [...change.changedDays].sort();
  return {
    // late_from is the midnight after the latest arguable day: the index of open duties finds the later ones.
    sql: `o.state = 'open' AND length(o.safe_by) = 10
      AND o.late_from > ($${first}::date[])[1]::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
      AND EXISTS (SELECT FROM unnest($${first}::date[]) AS changed(day)
        WHERE changed.day >= o.runs_from::date AND changed.day <= o.latest_arguable::date)`,
    values: [days],
  };
}
