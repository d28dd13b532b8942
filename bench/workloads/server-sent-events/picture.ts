/** Marks where the moment of publishing begins in a message, so that a client finds it without parsing. */
export const SENT_AT = '"sentAt":';

/** What the pictures of all publications have in common. */
export const UNITS = Array.from({ length: 34 }, (_, index) => ({
  unitCode: `PC-${String(index + 1).padStart(2, '0')}`,
  name: { vi: 'Công an tỉnh', en: 'Provincial police' },
  n: 4_000 + index,
  open: 400 + index,
  late: index,
  medianDays: 17.25,
  resolvedPercent: 91.2,
  ranked: true,
}));

/** The size of a national dashboard, about 5 kB, with the number of the publication and its moment (ms since 1970). */
export function picture(turn: number): string {
  return JSON.stringify({ turn, sentAt: performance.timeOrigin + performance.now(), byUnit: UNITS });
}
