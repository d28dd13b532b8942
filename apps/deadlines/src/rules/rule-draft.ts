import type { RuleRow, RuleVersionPublished } from '@app/contracts';
import { withRule } from '@app/law-book';
import type { LawVersion } from '@app/legal-time-limits';
import type { Announcement, LawAuthor } from '../law/law-desk.js';

/** A later row of a rule as an operator sends it. */
export interface RuleDraft extends Announcement {
  rule: string;
  row: RuleRow;
}

/**
 * How a draft becomes a version of the law: the preview and the publication are made by the same steps. What the row may
 * not say is refused by the library (LimitRefusal RuleRowNotAllowed) when the version is made.
 */
export function ruleAuthor(
  draft: RuleDraft,
  stated: { reason: string; confirmedMoves: number } = { reason: '–', confirmedMoves: 0 },
): LawAuthor {
  const { rule, row, document, announcedOn } = draft;
  const change = { publication: 'rule' as const, rule };
  const eventOf = (last: LawVersion, publishedAt: string): RuleVersionPublished => ({
    lawNumber: last.number + 1,
    rule,
    row,
    document: { number: document.number, signedOn: document.signedOn },
    announcedOn,
    reason: stated.reason,
    confirmedMoves: stated.confirmedMoves,
    publishedAt,
  });
  return {
    announcement: draft,
    faults: () => [],
    draftAfter: (last, publishedAt) => ({ version: withRule(last, eventOf(last, publishedAt)), change }),
    publicationAfter(last, publishedAt) {
      const data = eventOf(last, publishedAt);
      // Made once before it is stored: what the log holds can always be read back.
      withRule(last, data);
      return { type: 'RuleVersionPublished', data, change };
    },
  };
}
