import type { LegalDate } from './legal-date.js';
import type { Extension, Length } from './rule.js';

/** Short forms in which the rows of the table are written. */
export const h = (n: number): Length => ({ n, unit: 'h' });
export const d = (n: number): Length => ({ n, unit: 'd' });
export const wd = (n: number): Length => ({ n, unit: 'wd' });
export const m = (n: number): Length => ({ n, unit: 'm' });
export const since = (from: LegalDate): { from: LegalDate; to: null } => ({ from, to: null });
export const CODE = since('2018-01-01');
export const CIRCULAR_2017 = since('2018-03-01');
export const CIRCULAR_2021 = since('2022-01-14');
export const procuracy = (add: Length): Extension => ({ by: 'procuracy_head', add });
export const judge = (add: Length): Extension => ({ by: 'chief_judge', add });
