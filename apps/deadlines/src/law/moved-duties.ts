import { datesAfter, type ObligationThroughLaw } from '@app/legal-time-limits';

/** The three dates of a duty: legal days, or moments where the term is in hours. */
export interface DutyDates {
  safeBy: string;
  due: string;
  latestArguable: string;
}

/** A duty that one version of the law moved. */
export interface MovedDuty {
  duty: ObligationThroughLaw;
  before: DutyDates;
  after: DutyDates;
}

/**
 * The duties that a version of the law moved, by what their own history says. The preview of a draft and the recomputing
 * of a publication both ask here, so that neither can tell of another set than the other.
 */
export function movedBy(lawNumber: number, duties: readonly ObligationThroughLaw[]): MovedDuty[] {
  return duties.flatMap((duty) => {
    const at = duty.superseded.findIndex(({ law }) => law?.number === lawNumber);
    if (at < 0) return [];
    return [{ duty, before: datesOnly(duty.superseded[at]!), after: datesOnly(datesAfter(duty, at)) }];
  });
}

function datesOnly({ safeBy, due, latestArguable }: DutyDates): DutyDates {
  return { safeBy, due, latestArguable };
}

const HOURS_PER_DAY = 24;
const MS_PER_HOUR = 3_600_000;

/** Days from one date to another of the same kind: whole for legal days, with a fraction for moments. */
export function daysMoved(before: string, after: string): number {
  const days = (Date.parse(after) - Date.parse(before)) / MS_PER_HOUR / HOURS_PER_DAY;
  return Math.round(days * 100) / 100;
}
