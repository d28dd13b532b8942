import { describe, expect, it } from '@jest/globals';
import { RELEASED_HISTORY } from '@app/legal-time-limits';
import type { RawRow } from './cells.js';
import { historyOfTip } from './tip-history.js';
import type { ImportUnit } from './tip-history.js';
import { isFurtherRow, parseTipRow } from './tip-row.js';

const NOW = '2026-11-21T08:00:00+07:00';

const FULL = {
  register_number: '12',
  unit_code: 'PC-80',
  kind: 'denunciation',
  channel: 'counter',
  received_at: '05/01/2026 08:00',
  content: 'mất xe máy tại bến xe',
  category: 'theft',
  article: '173',
  clause: '1',
  classified_at: '05/01/2026 09:00',
  accepted_at: '06/01/2026 08:00',
  assigned_at: '07/01/2026 08:00',
  investigator: 'dtv-01',
};

const row = (cells: Record<string, string>, line = 2): RawRow => ({ line, cells });
const parse = (cells: Record<string, string>, further: RawRow[] = []): ReturnType<typeof parseTipRow> =>
  parseTipRow(row({ ...FULL, ...cells }), further, NOW);
const faultsOf = (cells: Record<string, string>, further: RawRow[] = []): (string | number | null)[][] => {
  const parsed = parse(cells, further);
  return 'faults' in parsed ? parsed.faults.map(({ line, column, code }) => [line, column, code]) : [];
};

const units = new Map<string, ImportUnit>(
  ['PC', 'PC-80', 'PC-80-25459'].map((code) => [
    code,
    { code, level: 'province', remote: false, supervisedBy: 'VKS-80' },
  ]),
);
const historyOf = (
  cells: Record<string, string>,
  further: RawRow[] = [],
): { types: string[]; moments: string[]; refusals: (string | number | null)[][]; data: object[] } => {
  const parsed = parse(cells, further);
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  const history = historyOfTip(parsed.tip, (code) => units.get(code), NOW, RELEASED_HISTORY);
  if ('faults' in history) {
    const refusals = history.faults.map(({ line, column, code }) => [line, column, code]);
    return { types: [], moments: [], refusals, data: [] };
  }
  return {
    types: history.events.map(({ event }) => event.type),
    moments: history.events.map(({ happenedAt }) => happenedAt),
    data: history.events.map(({ event }) => event.data),
    refusals: [],
  };
};

describe('a row of a tips register', () => {
  it('takes its number with or without the year', () => {
    expect(parse({})).toMatchObject({ tip: { number: 12, year: 2026 } });
    expect(parse({ register_number: '12/2025' })).toMatchObject({ tip: { number: 12, year: 2025 } });
    expect(faultsOf({ register_number: '0' })).toEqual([[2, 'register_number', 'NotARegisterNumber']]);
    expect(faultsOf({ register_number: 'A-12' })).toEqual([[2, 'register_number', 'NotARegisterNumber']]);
  });

  it.each(['register_number', 'unit_code', 'kind', 'channel', 'received_at', 'content'])('needs %s', (column) => {
    expect(faultsOf({ [column]: '' })).toEqual([[2, column, 'CellMissing']]);
  });

  it.each([
    ['clause', { article: '', clause: '1' }],
    ['classified_at', { category: '' }],
    ['transferred_at', { transferred_at: '05/01/2026 10:00' }],
    ['transferred_to', { transferred_to: 'PC' }],
    ['transfer_acknowledged_at', { transfer_acknowledged_at: '05/01/2026 10:00' }],
    ['assigned_at', { investigator: '' }],
    ['prolonged_to', { prolonged_to: '2026-03-06' }],
    ['extended_on', { extended_on: '2026-03-01' }],
    ['extended_to', { extended_to: '2026-05-06' }],
    ['suspended_at', { suspended_at: '30/01/2026 08:00' }],
    ['suspension_ground', { suspension_ground: 'a' }],
    ['resumed_at', { resumed_at: '30/01/2026 08:00' }],
    ['decided_at', { decided_at: '10/01/2026 08:00' }],
    ['outcome', { outcome: 'not_initiated' }],
    ['decision_number', { decision_number: '5/QĐ' }],
    ['outcome', { outcome: 'initiated', decided_at: '10/01/2026 08:00', article: '', clause: '' }],
  ])('refuses %s without what it depends on', (column, cells) => {
    expect(faultsOf(cells as Record<string, string>)).toEqual([[2, column, 'CellNeedsOther']]);
  });

  it('does not take a name beside a refused identity', () => {
    expect(faultsOf({ informant_refused: 'yes', informant_name: 'A' })).toEqual([
      [2, 'informant_refused', 'InformantNamedAndRefused'],
    ]);
  });

  it.each([
    ['classified_at', { classified_at: '05/01/2026 07:59' }],
    ['transferred_at', { transferred_at: '05/01/2026 08:30', transferred_to: 'PC' }],
    ['accepted_at', { accepted_at: '05/01/2026 08:59' }],
    ['assigned_at', { assigned_at: '06/01/2026 07:59' }],
    ['prolonged_on', { prolonged_on: '2026-01-06' }],
    ['extension_requested_on', { prolonged_on: '2026-01-20', extension_requested_on: '2026-01-19' }],
    ['extended_on', { prolonged_on: '2026-01-20', extension_requested_on: '2026-02-20', extended_on: '2026-02-19' }],
    ['suspended_at', { suspended_at: '06/01/2026 08:00', suspension_ground: 'a' }],
    ['resumed_at', { suspended_at: '30/01/2026 08:00', suspension_ground: 'a', resumed_at: '30/01/2026 07:00' }],
    ['decided_at', { decided_at: '07/01/2026 07:59', outcome: 'not_initiated' }],
  ])('refuses %s before its cause', (column, cells) => {
    expect(faultsOf(cells as Record<string, string>)).toEqual([[2, column, 'ActBeforeCause']]);
  });

  it('refuses what lies in the future, and terms that end before they start', () => {
    expect(faultsOf({ decided_at: '22/11/2026 08:00', outcome: 'not_initiated' })).toEqual([
      [2, 'decided_at', 'ActInFuture'],
    ]);
    expect(faultsOf({ prolonged_on: '2026-01-20', prolonged_to: '2026-01-19' })).toEqual([
      [2, 'prolonged_to', 'TermReversed'],
    ]);
  });

  it('knows ground (c) only since 01/12/2021', () => {
    const old = {
      received_at: '05/01/2021 08:00',
      classified_at: '05/01/2021 09:00',
      accepted_at: '05/01/2021 10:00',
      assigned_at: '06/01/2021 10:00',
      suspended_at: '30/11/2021 08:00',
      suspension_ground: 'c',
    };
    expect(faultsOf(old)).toEqual([[2, 'suspension_ground', 'GroundNotInForce']]);
    expect(faultsOf({ ...old, suspended_at: '01/12/2021 08:00' })).toEqual([]);
  });
});

describe('a further row of a tip', () => {
  const further = (cells: Record<string, string>): RawRow => row({ register_number: '12', ...cells }, 9);
  const suspended = {
    suspended_at: '30/01/2026 08:00',
    suspension_ground: 'a',
    resumed_at: '10/02/2026 08:00',
  };

  it('is told by having no reception of its own', () => {
    expect(isFurtherRow(further({ suspended_at: '01/03/2026 08:00', suspension_ground: 'b' }))).toBe(true);
    expect(isFurtherRow(row(FULL))).toBe(false);
  });

  it('adds its suspension in the order of time', () => {
    const parsed = parse(suspended, [further({ suspended_at: '01/03/2026 08:00', suspension_ground: 'b' })]);
    expect(parsed).toMatchObject({ tip: { suspensions: [{ line: 2 }, { line: 9, ground: 'b' }] } });
  });

  it('holds nothing else, and its faults name its own line', () => {
    expect(
      faultsOf(suspended, [further({ suspended_at: '01/03/2026 08:00', suspension_ground: 'b', category: 'theft' })]),
    ).toEqual([[9, 'category', 'FurtherRowHoldsMore']]);
    expect(faultsOf(suspended, [further({ suspended_at: '05/02/2026 08:00', suspension_ground: 'b' })])).toEqual([
      [9, 'suspended_at', 'ActBeforeCause'],
    ]);
  });
});

describe('the events of a row', () => {
  it('are those of the desk, at their legal times', () => {
    const { types, moments, data } = historyOf({
      prolonged_on: '2026-01-20',
      prolonged_to: '2026-03-06',
      extension_requested_on: '2026-02-27',
      extended_on: '2026-03-02',
      extended_from: '2026-03-06',
      extended_to: '2026-05-06',
      decided_at: '20/04/2026 10:00',
      outcome: 'initiated',
      decision_number: '5/QĐ',
    });
    expect(types).toEqual([
      'CrimeTipReceived',
      'CrimeTipClassified',
      'CrimeTipAccepted',
      'CrimeTipAssigned',
      'VerificationProlonged',
      'ExtensionRequested',
      'VerificationExtended',
      'CriminalCaseInitiated',
    ]);
    expect(moments.slice(4, 7)).toEqual([
      '2026-01-20T07:30:00+07:00',
      '2026-02-27T07:30:00+07:00',
      '2026-03-02T07:30:00+07:00',
    ]);
    expect(data[7]).toMatchObject({ class: 'IT', decision: { number: '5/QĐ', signedOn: '2026-04-20' } });
  });

  it('end on their way while the competent body has not accepted', () => {
    const onItsWay = { accepted_at: '', assigned_at: '', investigator: '' };
    const transfer = { transferred_at: '05/01/2026 10:00', transferred_to: 'PC' };
    expect(historyOf({ ...onItsWay, ...transfer }).types.at(-1)).toBe('CrimeTipTransferred');
    const { types, data } = historyOf({ ...transfer, transfer_acknowledged_at: '05/01/2026 12:00' });
    expect(types.slice(2, 5)).toEqual(['CrimeTipTransferred', 'CrimeTipTransferAcknowledged', 'CrimeTipAccepted']);
    expect(data[1]).toMatchObject({ competent: false });
    expect(data[4]).toMatchObject({ unitCode: 'PC' });
  });

  it('say when the printed end differs from the computed one', () => {
    expect(historyOf({ prolonged_on: '2026-01-20', prolonged_to: '2026-03-01' }).types).toContain(
      'PrintedTermDiffered',
    );
  });

  it.each([
    ['unit_code', 'UnitUnknown', { unit_code: 'PC-99' }],
    ['transferred_to', 'UnitUnknown', { transferred_at: '05/01/2026 10:00', transferred_to: 'PC-99' }],
    ['accepted_at', 'TransferUnacknowledged', { transferred_at: '05/01/2026 10:00', transferred_to: 'PC' }],
    ['accepted_at', 'AcceptanceBeforeClassification', { classified_at: '' }],
    ['assigned_at', 'NotYetAccepted', { accepted_at: '' }],
    ['prolonged_on', 'ProlongationAfterTimeLimit', { prolonged_on: '2026-02-10' }],
    ['extension_requested_on', 'ExtensionBeforeProlongation', { extension_requested_on: '2026-02-10' }],
    [
      'decided_at',
      'CrimeTipSuspended',
      {
        suspended_at: '30/01/2026 08:00',
        suspension_ground: 'a',
        decided_at: '10/02/2026 08:00',
        outcome: 'not_initiated',
      },
    ],
    ['decided_at', 'OffenceClassUnknown', { article: '175', decided_at: '10/01/2026 08:00', outcome: 'initiated' }],
  ])('are refused at %s with %s, as at the desk', (column, code, cells) => {
    expect(historyOf(cells as unknown as Record<string, string>).refusals).toEqual([[2, column, code]]);
  });

  it('are taken with the class that the register gives where the table of offences has none', () => {
    const cells = { article: '175', class: 'IT', decided_at: '10/01/2026 08:00', outcome: 'initiated' };
    const { refusals } = historyOf(cells);
    expect(refusals).toEqual([]);
  });
});
