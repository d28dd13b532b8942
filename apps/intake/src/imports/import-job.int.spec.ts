import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STREAMS, tipIdOfRegister } from '@app/contracts';
import { asSystem, contentPlace } from '@app/security';
import { csvLines } from '../../../standalone/src/demonstration/csv.js';
import { TIP_COLUMNS } from '../../../standalone/src/demonstration/tip-story.js';
import type { TipCells } from '../../../standalone/src/demonstration/tip-story.js';
import { THANG_BINH, thangBinhTips, thangBinhUnits } from '../../../../test/support/registers/thang-binh.js';
import { UNIT_COLUMNS } from '../../../../test/support/registers/units.js';
import { OPERATOR, importHarness } from './testing/import-harness.js';
import type { ImportHarness } from './testing/import-harness.js';

const csv = (columns: readonly string[], rows: Iterable<object>): string =>
  [...csvLines(columns, rows as never)].join('');
const unitsFile = csv(UNIT_COLUMNS, thangBinhUnits());
const tips = thangBinhTips();
const tipsFile = csv(TIP_COLUMNS, tips);
const UNIT = THANG_BINH.unitCode;

let harness: ImportHarness;

beforeAll(async () => {
  harness = await importHarness();
}, 60_000);

afterAll(async () => {
  await harness.close();
});

describe('a register imported into an empty system', () => {
  it('takes every row of the published register as the events of the desk', async () => {
    // Tips before units in the request: the importer puts the files in order.
    const { run, rejects } = await harness.take({ 'tips.csv': tipsFile, 'units.csv': unitsFile });
    expect(rejects).toEqual([]);
    expect(run.state).toBe('done');
    expect(
      run.files.map(({ name, kind, rows, accepted, rejected }) => ({ name, kind, rows, accepted, rejected })),
    ).toEqual([
      { name: 'tips.csv', kind: 'tips', rows: 611, accepted: 611, rejected: 0 },
      { name: 'units.csv', kind: 'units', rows: 5, accepted: 5, rejected: 0 },
    ]);
    const events = await harness.events();
    const of = (type: string): number => events.filter((event) => event.type === type).length;
    expect(of('CrimeTipReceived')).toBe(THANG_BINH.tips);
    expect(of('CrimeTipAccepted')).toBe(THANG_BINH.toResolve);
    expect(of('CrimeTipTransferAcknowledged')).toBe(THANG_BINH.transferred);
    expect(of('CriminalCaseInitiated')).toBe(THANG_BINH.initiated);
    expect(of('PrintedTermDiffered')).toBe(0);
  });

  it('keeps the legal times, says that it came by import and who imported it', async () => {
    const stream = STREAMS.crimeTip + tipIdOfRegister(UNIT, 1, 2019);
    const [received, classified] = await harness.context.store.load(stream);
    const row = tips.find((tip) => tip.register_number === '1' && tip.received_at?.startsWith('2019')) as TipCells;
    expect(received?.meta).toMatchObject({ happenedAt: row.received_at, source: 'import', actor: OPERATOR });
    expect(classified?.meta.happenedAt).toBe(row.classified_at);
    expect(received?.data).toMatchObject({ noticesTracked: false, supervisedBy: 'VKS-49', unitLevel: 'region' });
  });

  it('seals text and informant with a key of the tip, and leaves no upload behind', async () => {
    const named = tips.find((tip) => tip.informant_name) as TipCells;
    const tipId = tipIdOfRegister(UNIT, Number(named.register_number), Number(named.received_at?.slice(0, 4)));
    const [received] = await harness.context.store.load(STREAMS.crimeTip + tipId);
    const sealed = String(received?.data['content']);
    const key = await asSystem(harness.database.pool, (tx) => harness.keyring.keyOf(tx, tipId));
    expect(harness.keyring.openText(key, sealed, contentPlace(tipId))).toBe(named.content);
    const log = JSON.stringify(await harness.events());
    for (const { informant_name: name, informant_phone: phone, content } of tips.slice(0, 50)) {
      for (const secret of [name, phone, content]) if (secret) expect(log).not.toContain(secret);
    }
    const runs = await harness.runs.list(10, undefined);
    for (const { path } of runs.flatMap(({ files }) => files)) expect(existsSync(path)).toBe(false);
  });

  it('changes nothing when the same file is imported again', async () => {
    const before = (await harness.events()).length;
    const { run } = await harness.take({ 'tips.csv': tipsFile, 'units.csv': unitsFile });
    expect(run.files.map(({ accepted, unchanged, rejected }) => [accepted, unchanged, rejected])).toEqual([
      [0, 611, 0],
      [0, 5, 0],
    ]);
    expect((await harness.events()).length).toBe(before);
  });

  it('refuses another content under a number that is registered, and overwrites nothing', async () => {
    const before = (await harness.events()).length;
    const [first] = tips;
    const other = csv(TIP_COLUMNS, [{ ...first, content: 'nội dung khác' }]);
    const { run, rejects } = await harness.take({ 'other.csv': other });
    expect(run.files[0]).toMatchObject({ accepted: 0, unchanged: 0, rejected: 1 });
    expect(rejects).toMatchObject([
      { file: 'other.csv', line: 2, column: 'register_number', code: 'AlreadyRegisteredOtherwise' },
    ]);
    expect((await harness.events()).length).toBe(before);
  });

  it('lets the desk go on after the highest imported number of the year', async () => {
    const { rows } = await harness.database.pool.query<{ last: number }>(
      `SELECT last FROM intake.series WHERE series = $1 AND year = 2023`,
      [`tips/${UNIT}`],
    );
    const highest = Math.max(
      ...tips.filter((tip) => tip.received_at?.startsWith('2023')).map((tip) => Number(tip.register_number)),
    );
    expect(rows).toEqual([{ last: highest }]);
  });

  it('refuses a number that a desk has given', async () => {
    await harness.context.store.append([
      {
        stream: `${STREAMS.crimeTip}11111111-1111-4111-8111-111111111111`,
        expectedVersion: 0,
        events: [
          {
            type: 'CrimeTipReceived',
            data: {
              tipId: '11111111-1111-4111-8111-111111111111',
              unitCode: UNIT,
              unitLevel: 'region',
              unitRemote: false,
              supervisedBy: 'VKS-49',
              kind: 'report',
              channel: 'counter',
              receivedAt: '2026-01-05T08:00:00+07:00',
              content: 'x',
              informantGiven: false,
              informantRefusedIdentity: false,
              noticesTracked: true,
              receivedBy: 'canbo',
            },
          },
        ],
        meta: {
          actor: { id: 'canbo', role: 'intake_officer', unit: UNIT },
          correlationId: 'spec',
          causationId: null,
          happenedAt: '2026-01-05T08:00:00+07:00',
          source: 'ui',
        },
        allocate: { series: `tips/${UNIT}`, year: 2026, field: 'registerNumber' },
      },
    ]);
    const row: TipCells = {
      register_number: '1',
      unit_code: UNIT,
      kind: 'report',
      channel: 'counter',
      received_at: '2026-01-06T08:00:00+07:00',
      content: 'mất xe máy',
    };
    const { rejects } = await harness.take({ 'tips.csv': csv(TIP_COLUMNS, [row, { ...row, register_number: '2' }]) });
    expect(rejects).toMatchObject([{ line: 2, code: 'AlreadyRegisteredOtherwise' }]);
  });
});

describe('what an import does with rows that it cannot take', () => {
  const good: TipCells = {
    register_number: '1',
    unit_code: 'PC-49',
    kind: 'report',
    channel: 'counter',
    received_at: '2025-03-03T08:00:00+07:00',
    content: 'mất xe máy',
    category: 'theft',
    article: '173',
    clause: '1',
    classified_at: '2025-03-03T09:00:00+07:00',
    accepted_at: '2025-03-03T10:00:00+07:00',
  };

  it('tells line, column and rule of each, takes the others', async () => {
    const { run, rejects } = await harness.take({
      'tips.csv': csv(TIP_COLUMNS, [
        good,
        { ...good, register_number: '2', unit_code: 'PC-99' },
        { ...good, register_number: '3', classified_at: '2025-03-03T07:00:00+07:00' },
        { ...good, register_number: '4', prolonged_on: '2025-05-01' },
        { ...good, register_number: '5', received_at: '2027-01-01T08:00:00+07:00', classified_at: '', accepted_at: '' },
        { ...good, register_number: '6' },
        { ...good, register_number: '6', content: 'khác' },
        good,
      ]),
    });
    expect(run.files[0]).toMatchObject({ rows: 8, accepted: 2, unchanged: 1, rejected: 5 });
    expect(rejects.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'unit_code', 'UnitUnknown'],
      [4, 'classified_at', 'ActBeforeCause'],
      [5, 'prolonged_on', 'ProlongationAfterTimeLimit'],
      [6, 'received_at', 'ActInFuture'],
      [8, 'register_number', 'RegisterNumberTwice'],
    ]);
  });

  it('writes nothing in a dry run, and says the same', async () => {
    const before = (await harness.events()).length;
    const rows = [
      { ...good, register_number: '101' },
      { ...good, register_number: '102', kind: 'rumour' },
    ];
    const { run, rejects } = await harness.take({ 'tips.csv': csv(TIP_COLUMNS, rows) }, { dryRun: true });
    expect(run.files[0]).toMatchObject({ accepted: 1, rejected: 1 });
    expect(rejects).toMatchObject([{ line: 3, column: 'kind', code: 'NotInList' }]);
    expect((await harness.events()).length).toBe(before);
  });

  it('takes further suspensions from rows of their own, wherever they stand', async () => {
    const suspended = {
      ...good,
      register_number: '201',
      suspended_at: '2025-03-24T09:00:00+07:00',
      suspension_ground: 'a',
      resumed_at: '2025-04-10T09:00:00+07:00',
    };
    const file = csv(TIP_COLUMNS, [
      suspended,
      { ...good, register_number: '202' },
      { register_number: '201', suspended_at: '2025-04-20T09:00:00+07:00', suspension_ground: 'b' },
      { register_number: '999', suspended_at: '2025-04-20T09:00:00+07:00', suspension_ground: 'b' },
    ]);
    const { run, rejects } = await harness.take({ 'tips.csv': file });
    expect(run.files[0]).toMatchObject({ rows: 4, accepted: 3, rejected: 1 });
    expect(rejects).toMatchObject([{ line: 5, code: 'FurtherRowWithoutTip' }]);
    const events = await harness.context.store.load(STREAMS.crimeTip + tipIdOfRegister('PC-49', 201, 2025));
    expect(events.map(({ type }) => type).slice(3)).toEqual([
      'VerificationSuspended',
      'VerificationResumed',
      'VerificationSuspended',
    ]);
  });

  it('refuses a whole file that it does not know, and goes on with the others', async () => {
    const { run, rejects } = await harness.take({
      'strange.csv': 'a,b\r\n1,2\r\n',
      'indicators.csv':
        'indicator,unit_code,period_from,period_to,value,author,source,reported_on\r\nX,PC-49,2025-01-01,2025-03-31,5,a,b,2025-04-01\r\n',
      'units.csv': unitsFile,
    });
    expect(run.state).toBe('done');
    expect(rejects.map(({ file, line, code }) => [file, line, code])).toEqual([
      ['strange.csv', 1, 'FileKindUnknown'],
      ['indicators.csv', 1, 'FileKindNotTaken'],
    ]);
    expect(run.files[2]).toMatchObject({ unchanged: 5 });
  });
});

describe('an import that is cut off', () => {
  it('goes on where it was and ends as if it had not been', async () => {
    const rows = Array.from({ length: 900 }, (_, index): TipCells => ({
      register_number: String(index + 1),
      unit_code: 'PC-49',
      kind: 'report',
      channel: 'counter',
      received_at: '2024-03-03T08:00:00+07:00',
      content: `vụ ${index}`,
      ...(index % 100 === 0 ? { kind: 'rumour' } : {}),
    }));
    const before = (await harness.events()).length;
    const file = csv(TIP_COLUMNS, rows);
    const stop = new AbortController();
    const path = join(await mkdtemp(join(tmpdir(), 'tinbao-cut-')), 'tips.csv');
    await writeFile(path, file);
    await harness.runner.queue({
      files: [{ name: 'tips.csv', path }],
      dryRun: false,
      actor: OPERATOR,
      correlationId: 'c',
    });
    const cut = await harness.runs.claim(harness.clock.now());
    if (!cut) throw new Error('nothing to claim');
    await harness.job.run(cut, stop.signal, (progress) => {
      if (progress.rowsHandled > 0) stop.abort();
    });
    expect(cut.state).toBe('running');
    expect((await harness.runs.get(cut.id))?.files[0]?.handled).toBe(300);

    await harness.runs.release(cut.id);
    const again = await harness.runs.claim(harness.clock.now());
    if (!again) throw new Error('nothing to go on with');
    await harness.job.run(again, new AbortController().signal);
    expect(again.files[0]).toMatchObject({ rows: 900, handled: 900, accepted: 891, unchanged: 0, rejected: 9 });
    expect((await harness.events()).length).toBe(before + 891);
  });
});

describe('a register of units', () => {
  it('registers, changes, and refuses a unit below one that nobody knows', async () => {
    const changed = thangBinhUnits().map((unit) => (unit.code === 'PC-49' ? { ...unit, name_en: 'Renamed' } : unit));
    const { run, rejects } = await harness.take({
      'units.csv': csv(UNIT_COLUMNS, [
        ...changed,
        { ...changed[2], code: 'PC-77-1', parent_code: 'PC-77' },
        { ...changed[2], code: 'PC-77-2', parent_code: 'PC-77-1' },
        { ...changed[2], code: 'PC-49-2', level: 'village' },
      ]),
    });
    expect(run.files[0]).toMatchObject({ accepted: 1, unchanged: 4, rejected: 3 });
    expect(rejects.map(({ line, column, code }) => [line, column, code]).sort()).toEqual([
      [7, 'parent_code', 'ParentUnknown'],
      [8, 'parent_code', 'ParentUnknown'],
      [9, 'level', 'NotInList'],
    ]);
    const events = await harness.context.store.load(`${STREAMS.unit}PC-49`);
    expect(events.map(({ type }) => type)).toEqual(['UnitRegistered', 'UnitChanged']);
  });
});

describe('a register of cases', () => {
  const columns = [
    'case_number',
    'unit_code',
    'tip_register_number',
    'initiated_at',
    'category',
    'article',
    'clause',
    'class',
    'accused_count',
    'concluded_at',
    'proposes_prosecution',
    'file_received_at',
    'prosecution_extended_on',
    'prosecution_extended_to',
    'decision',
    'decided_at',
  ];
  const row = {
    case_number: '1',
    unit_code: 'PC-49',
    initiated_at: '2025-05-05T09:00:00+07:00',
    category: 'theft',
    article: '173',
    clause: '2',
    class: 'NT',
    accused_count: '2',
    concluded_at: '2025-06-20T09:00:00+07:00',
    proposes_prosecution: 'yes',
    file_received_at: '2025-06-21T09:00:00+07:00',
    decision: 'prosecute',
    decided_at: '2025-07-05T09:00:00+07:00',
  };

  it('takes rows with and without a tip, and refuses what the procuracy could not have done', async () => {
    const initiated = tips.find((tip) => tip.outcome === 'initiated') as TipCells;
    const ofTip = `${UNIT}/${initiated.register_number}/${initiated.received_at?.slice(0, 4)}`;
    const file = csv(columns, [
      row,
      { ...row, case_number: '2', tip_register_number: ofTip, initiated_at: initiated.decided_at },
      { ...row, case_number: '3', tip_register_number: '9999/2025' },
      { ...row, case_number: '4', prosecution_extended_on: '2025-09-01', prosecution_extended_to: '2025-09-11' },
      { ...row, case_number: '5', proposes_prosecution: 'no' },
      { ...row, case_number: '6', article: '175', class: '' },
      { ...row, case_number: '7', tip_register_number: ofTip },
    ]);
    const { run, rejects } = await harness.take({ 'cases.csv': file });
    expect(run.files[0]).toMatchObject({ accepted: 2, rejected: 5 });
    expect(rejects.map(({ line, column, code }) => [line, column, code])).toEqual([
      [4, 'tip_register_number', 'TipUnknown'],
      [5, 'decided_at', 'ActBeforeCause'],
      [6, 'file_received_at', 'FileBeforeConclusion'],
      [7, 'article', 'CellNeedsOther'],
      [8, 'tip_register_number', 'TipAlreadyHasCase'],
    ]);
    const imported = (await harness.events()).filter(({ type }) => type === 'CaseRowImported');
    expect(imported.map(({ data }) => data['tipId'])).toEqual([
      null,
      tipIdOfRegister(UNIT, Number(initiated.register_number), Number(initiated.received_at?.slice(0, 4))),
    ]);
    expect((await harness.take({ 'cases.csv': file })).run.files[0]).toMatchObject({ accepted: 0, unchanged: 2 });
  });
});
