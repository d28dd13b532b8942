import { CODE } from './rule-parts.js';
import type { Rule } from './rule.js';

/** Counting itself (BLTTHS 134) and custody. */
export const ARITHMETIC_RULES: readonly Rule[] = [
  {
    id: 'CPC-134',
    kind: 'arithmetic',
    name: { vi: 'Cách tính thời hạn', en: 'How terms are counted' },
    trigger: 'any',
    startsFrom: { vi: 'ngày phát sinh', en: 'the day of the event' },
    owedBy: null,
    open: ['c-1', 'c-2', 'c-17'],
    cites: ['BLTTHS 134', 'TTLT 04/2018 17'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-134-CUSTODY',
    kind: 'custody',
    name: { vi: 'Hết thời hạn tạm giam', en: 'End of custody' },
    trigger: 'custody_started',
    startsFrom: { vi: 'ngày bắt đầu tạm giam', en: 'the first day of custody' },
    owedBy: 'investigating_body',
    open: [],
    cites: ['BLTTHS 134.1', 'TTLT 04/2018 17'],
    effective: CODE,
    confidence: 'H',
  },
];
