/** Whether two moments (RFC 3339 with any offset, or none) are the same: the database gives them back in another offset. */
export function isSameMoment(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && Date.parse(a) === Date.parse(b));
}

const OFFSET_MS = 7 * 3_600_000;

/** A moment as RFC 3339 in the zone of the law, `…+07:00`; milliseconds only where there are any. */
export function legalMoment(moment: Date | string): string {
  const at = typeof moment === 'string' ? Date.parse(moment) : moment.getTime();
  if (Number.isNaN(at)) throw new RangeError(`not a moment: ${String(moment)}`);
  return `${new Date(at + OFFSET_MS).toISOString().replace(/(\.000)?Z$/, '')}+07:00`;
}

/**
 * A moment on its way from a column into a document (jsonb): always written in the same way, whether the column was just
 * folded or came back from the database in another offset. Rows folded in other batches are then the same to the byte.
 */
export function keptMoment(moment: string | null): string | null {
  return moment === null ? null : legalMoment(moment);
}
