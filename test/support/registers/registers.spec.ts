import { describe, expect, it } from '@jest/globals';
import { parseTipRow } from '../../../apps/intake/src/imports/tip-row.js';
import { RELEASED_HISTORY } from '@app/legal-time-limits';
import { historyOfTip } from '../../../apps/intake/src/imports/tip-history.js';
import type { TipCells } from '../../../apps/standalone/src/demonstration/tip-story.js';
import { MINISTRY_2020, ministryTips } from './ministry-2020.js';
import { THANG_BINH, thangBinhTips } from './thang-binh.js';

const NOW = '2026-11-21T08:00:00+07:00';
const unitOf = (code: string): { code: string; level: string; remote: boolean; supervisedBy: string } => ({
  code,
  level: 'province',
  remote: false,
  supervisedBy: 'VKS-49',
});

function lawful(cells: TipCells, line: number): boolean {
  const parsed = parseTipRow({ line, cells: cells as Record<string, string> }, [], NOW);
  if ('faults' in parsed) throw new Error(JSON.stringify({ cells, faults: parsed.faults }));
  const history = historyOfTip(parsed.tip, unitOf, NOW, RELEASED_HISTORY);
  if ('faults' in history) throw new Error(JSON.stringify({ cells, faults: history.faults }));
  return true;
}

describe('the register of Thăng Bình district, 2019–2023', () => {
  const tips = thangBinhTips();

  it('has the published margins', () => {
    const count = (column: keyof TipCells, value: string): number =>
      tips.filter((tip) => (tip[column] ?? '') === value).length;
    expect(tips.length).toBe(THANG_BINH.tips);
    expect(count('kind', 'denunciation')).toBe(THANG_BINH.denunciations);
    expect(count('kind', 'report')).toBe(THANG_BINH.reports);
    expect(count('kind', 'recommendation')).toBe(THANG_BINH.recommendations);
    expect(tips.filter((tip) => tip.transfer_acknowledged_at).length).toBe(THANG_BINH.transferred);
    expect(tips.filter((tip) => tip.accepted_at).length).toBe(THANG_BINH.toResolve);
    expect(count('outcome', 'initiated')).toBe(THANG_BINH.initiated);
    expect(Math.round((THANG_BINH.initiated / THANG_BINH.toResolve) * 10_000) / 100).toBe(THANG_BINH.initiatedRate);
  });

  it('lies within the period, row by row lawful', () => {
    for (const [index, tip] of tips.entries()) {
      expect(lawful(tip, index + 2)).toBe(true);
      for (const moment of [tip.received_at, tip.decided_at, tip.suspended_at]) {
        if (moment) expect(moment >= THANG_BINH.from && moment < '2024').toBe(true);
      }
    }
  });

  it('is the same every time', () => {
    expect(thangBinhTips()).toEqual(tips);
  });
});

describe('the register of the Ministry of Public Security, 01/10/2019–30/09/2020', () => {
  it('has the published margins, and samples of it are lawful', () => {
    const start = `${MINISTRY_2020.from}T00:00:00+07:00`;
    const end = '2020-10-01T00:00:00+07:00';
    let carriedOver = 0;
    let accepted = 0;
    let resolved = 0;
    let rows = 0;
    for (const tip of ministryTips()) {
      rows += 1;
      const acceptedAt = tip.accepted_at ?? '';
      if (acceptedAt < start) carriedOver += 1;
      else if (acceptedAt < end) accepted += 1;
      const endedAt = tip.decided_at || tip.suspended_at || '9999';
      if (endedAt < start) throw new Error(`ended before the period: ${JSON.stringify(tip)}`);
      if (tip.decided_at && tip.decided_at < end) resolved += 1;
      if (rows % 40 === 0) lawful(tip, rows);
    }
    expect({ rows, carriedOver, accepted, resolved }).toEqual({
      rows: MINISTRY_2020.toResolve,
      carriedOver: MINISTRY_2020.carriedOver,
      accepted: MINISTRY_2020.accepted,
      resolved: MINISTRY_2020.resolved,
    });
  });
});
