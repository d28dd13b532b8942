import { describe, expect, it } from '@jest/globals';
import { NO_CRIMINAL_CASE, eventsOfCaseRow } from '@app/domain';
import { parseCaseRow } from '../../../intake/src/imports/case-row.js';
import { parseTipRow } from '../../../intake/src/imports/tip-row.js';
import { RELEASED_HISTORY } from '@app/legal-time-limits';
import { historyOfTip } from '../../../intake/src/imports/tip-history.js';
import { provinceRegister } from './province-register.js';
import { provinceUnits } from './province-units.js';

const NOW = '2026-11-21T08:00:00+07:00';
const register = provinceRegister({ seed: 80, nowMs: Date.parse(NOW), tips: 2_000 });
const units = new Map(provinceUnits().map((unit) => [unit.code, unit]));

describe('the demonstration province', () => {
  it('has its 96 communes and the bodies around them', () => {
    expect(provinceUnits().filter(({ level }) => level === 'commune').length).toBe(96);
    expect(units.get('PC-80-25459')).toMatchObject({ name_vi: 'Công an phường Tân Ninh', parent_code: 'PC-80' });
  });

  it('tells tips and cases that the import takes without a fault', () => {
    for (const [index, cells] of register.tips.entries()) {
      const parsed = parseTipRow({ line: index, cells: cells as Record<string, string> }, [], NOW);
      if ('faults' in parsed) throw new Error(JSON.stringify([cells, parsed.faults]));
      const history = historyOfTip(
        parsed.tip,
        (code) => (units.has(code) ? { code, level: 'commune', remote: false, supervisedBy: 'VKS-80' } : undefined),
        NOW,
        RELEASED_HISTORY,
      );
      if ('faults' in history) throw new Error(JSON.stringify([cells, history.faults]));
    }
    for (const [index, cells] of register.cases.entries()) {
      const parsed = parseCaseRow({ line: index, cells: cells as Record<string, string> }, NOW);
      if ('faults' in parsed) throw new Error(JSON.stringify([cells, parsed.faults]));
      const { caseNumber, unitCode, year, columns } = parsed.case;
      const key = { caseId: 'c', tipId: null, unitCode, supervisedBy: 'VKS-80', caseNumber, year };
      expect(eventsOfCaseRow(NO_CRIMINAL_CASE, key, columns, NOW, RELEASED_HISTORY).length).toBeGreaterThan(1);
    }
  });

  it('has plausible shares, with work of every kind under way', () => {
    const { tips } = register;
    const share = (column: 'outcome' | 'prolonged_on' | 'extended_on' | 'suspended_at', value?: string): number =>
      tips.filter((tip) => (value === undefined ? Boolean(tip[column]) : tip[column] === value)).length / tips.length;
    expect(share('outcome', 'initiated')).toBeGreaterThan(0.42);
    expect(share('outcome', 'initiated')).toBeLessThan(0.58);
    expect(share('prolonged_on')).toBeGreaterThan(0.2);
    expect(share('prolonged_on')).toBeLessThan(0.42);
    expect(share('extended_on')).toBeGreaterThan(0.02);
    expect(share('extended_on')).toBeLessThan(0.09);
    expect(share('suspended_at')).toBeLessThan(0.15);
    expect(tips.filter((tip) => tip.extension_requested_on && !tip.extended_on).length).toBeGreaterThanOrEqual(5);
    expect(tips.filter((tip) => tip.accepted_at && !tip.decided_at && !tip.suspended_at).length).toBeGreaterThan(40);
    expect(register.cases.filter((one) => one.file_received_at && !one.decided_at).length).toBeGreaterThan(5);
  });

  it('is the same for the same seed and moment', () => {
    expect(provinceRegister({ seed: 80, nowMs: Date.parse(NOW), tips: 2_000 })).toEqual(register);
  });
});
