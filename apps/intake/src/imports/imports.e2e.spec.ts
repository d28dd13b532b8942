import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../../test/support/journey.js';
import { startSystem } from '../../../../test/support/system.js';
import type { Answer, TestSystem } from '../../../../test/support/system.js';

const SAMPLES = fileURLToPath(new URL('../../../../data/samples/', import.meta.url));
const sample = (name: string): [name: string, text: string] => [name, readFileSync(SAMPLES + name, 'utf8')];

let system: TestSystem;

beforeAll(async () => {
  system = await startSystem();
}, 60_000);

afterAll(async () => {
  await system?.stop();
});

async function send(
  files: readonly (readonly [name: string, text: string])[],
  { client = 'operator', dryRun = false, key }: { client?: string; dryRun?: boolean; key?: string } = {},
): Promise<Answer> {
  const form = new FormData();
  if (dryRun) form.set('dryRun', 'true');
  for (const [name, text] of files) form.append('file', new Blob([text]), name);
  const answer = await fetch(`${system.url}/api/imports`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await system.token(client)}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: form,
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

const done = (id: string): Promise<Answer> =>
  eventually(
    () => system.call('operator', 'GET', `/api/imports/${id}`),
    ({ body }) => body.state === 'done' || body.state === 'failed',
    30_000,
  );

describe('POST /api/imports', () => {
  it('takes the samples in any order and answers at once; progress is asked for by id', async () => {
    const { status, headers, body } = await send([sample('cases.csv'), sample('tips.csv'), sample('units.csv')]);
    expect(status).toBe(202);
    expect(body).toEqual({ id: expect.any(String), state: expect.stringMatching(/queued|running/) });
    expect(headers.get('location')).toBe(`/api/imports/${body.id}`);
    const { body: run } = await done(body.id);
    expect(run).toMatchObject({
      state: 'done',
      files: [
        { name: 'cases.csv', kind: 'cases', rows: 3, accepted: 3, rejected: 0 },
        { name: 'tips.csv', kind: 'tips', rows: 6, accepted: 6, rejected: 0 },
        { name: 'units.csv', kind: 'units', rows: 5, accepted: 5, rejected: 0 },
      ],
      rejects: [],
      rejectsUrl: null,
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
      rowsPerSecond: expect.any(Number),
    });
    expect(JSON.stringify(run)).not.toContain('/imports/0.');
  });

  it('tells every fault with line, column, code and both languages, on screen and as a file', async () => {
    const { body } = await send([sample('tips-with-faults.csv')]);
    const { body: run } = await done(body.id);
    expect(run.files).toMatchObject([{ rows: 7, accepted: 0, rejected: 7, unknownColumns: ['Ghi chú'] }]);
    expect(run.rejects.map(({ line, column, code }: Record<string, unknown>) => [line, column, code])).toEqual([
      [2, 'kind', 'NotInList'],
      [3, 'classified_at', 'ActBeforeCause'],
      [4, 'received_at', 'NotAMoment'],
      [5, 'decided_at', 'CellNeedsOther'],
      [6, 'transferred_to', 'UnitUnknown'],
      [7, 'informant_refused', 'InformantNamedAndRefused'],
      [8, 'assigned_at', 'NotYetAccepted'],
    ]);
    expect(run.rejects[0].reason).toEqual({ vi: expect.any(String), en: expect.any(String) });
    const { headers, body: csv } = await system.call('operator', 'GET', run.rejectsUrl);
    expect(headers.get('content-type')).toContain('text/csv');
    expect(csv.split('\r\n')[1]).toContain('tips-with-faults.csv,2,kind,NotInList,');
    expect(csv).not.toContain('Trần Thị Mai');
  });

  it('does once what is asked twice with one key, and refuses the key for other files', async () => {
    const first = await send([sample('units.csv')], { key: 'once' });
    const second = await send([sample('units.csv')], { key: 'once' });
    expect(second.body.id).toBe(first.body.id);
    const other = await send([sample('tips.csv')], { key: 'once' });
    expect([other.status, other.body.code]).toEqual([422, 'IdempotencyKeyReused']);
    await done(first.body.id);
  });

  it('writes nothing in a dry run', async () => {
    const more = sample('units.csv')[1].replace('PC-82-28261', 'PC-82-28270');
    const { body } = await send([['units.csv', more]], { dryRun: true });
    expect((await done(body.id)).body).toMatchObject({ dryRun: true, files: [{ accepted: 1, unchanged: 4 }] });
    const { body: units } = await system.call('operator', 'GET', '/api/units');
    expect(units.items.map(({ code }: { code: string }) => code)).not.toContain('PC-82-28270');
  });

  it('wants files, as multipart', async () => {
    expect((await send([])).status).toBe(400);
    const { status } = await system.call('operator', 'POST', '/api/imports', { files: [] });
    expect(status).toBe(400);
  });

  it('is the operator’s alone', async () => {
    for (const client of ['desk', 'investigator', 'prosecutor', 'leader', 'auditor', 'custodian']) {
      expect((await send([sample('units.csv')], { client })).status).toBe(403);
    }
  });
});

describe('GET /api/imports', () => {
  it('lists the newest first, page by page', async () => {
    const { body: first } = await system.call('operator', 'GET', '/api/imports?limit=2');
    expect(first.items.length).toBe(2);
    const { body: next } = await system.call('operator', 'GET', `/api/imports?limit=2&cursor=${first.nextCursor}`);
    const moments = [...first.items, ...next.items].map(({ createdAt }: { createdAt: string }) => createdAt);
    expect(moments).toEqual([...moments].sort().reverse());
    expect(new Set([...first.items, ...next.items].map(({ id }: { id: string }) => id)).size).toBe(4);
  });

  it('does not know what was never asked for', async () => {
    const { status } = await system.call('operator', 'GET', '/api/imports/00000000-0000-4000-8000-000000000000');
    expect(status).toBe(404);
  });
});
