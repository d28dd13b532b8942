import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool } from '@app/event-store';
import type { Pool } from 'pg';
import { decisionOn, eventually, hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

/** Words that only this tip holds: found anywhere in clear, they have leaked. */
const NEEDLES = {
  name: 'Lâm Thị Tuyệt Mật',
  phone: '0987000111',
  address: 'số 7 hẻm Không Ai Biết',
  idNumber: '072000999888',
  text: 'Đối tượng Hắc Phong giấu xe trong kho lạnh',
};

describe('the informant and the text of a tip', () => {
  let system: TestSystem;
  let pool: Pool;
  let tipId: string;
  const written: string[] = [];
  const originalWrite = { out: process.stdout.write, err: process.stderr.write };

  beforeAll(async () => {
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream) as typeof stream.write;
      stream.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
        written.push(String(chunk));
        return write(chunk, ...rest);
      }) as typeof stream.write;
    }
    system = await startSystem();
    pool = createPool(system.databaseUrl, { max: 1 });
    await importFiles(system, { 'units.csv': UNITS_CSV });
    const received = await system.call(
      'desk',
      'POST',
      '/api/tips',
      tipBody(hoursAgo(100), {
        content: NEEDLES.text,
        informant: {
          name: NEEDLES.name,
          phone: NEEDLES.phone,
          address: NEEDLES.address,
          idNumber: NEEDLES.idNumber,
        },
      }),
    );
    tipId = received.body.id;
    const acts: [client: string, act: string, body: Record<string, unknown>][] = [
      ['desk', 'classify', { happenedAt: hoursAgo(99), competent: true, urgent: false, category: 'theft' }],
      ['investigator', 'accept', { happenedAt: hoursAgo(98) }],
      [
        'investigator',
        'assign',
        { happenedAt: hoursAgo(97), investigator: 'investigator', decision: decisionOn(hoursAgo(97)) },
      ],
      ['investigator', 'prolong', { happenedAt: hoursAgo(50), decision: decisionOn(hoursAgo(50)) }],
      ['investigator', 'request-extension', { happenedAt: hoursAgo(40) }],
    ];
    for (const [client, act, body] of acts) {
      const answer = await system.call(client, 'POST', `/api/tips/${tipId}/${act}`, body);
      expect({ act, ...answer }).toMatchObject({ act, status: 200 });
    }
    await system.call('investigator', 'POST', `/api/tips/${tipId}/initiate`, {
      happenedAt: hoursAgo(20),
      offence: { article: 173, clause: 1 },
      decision: decisionOn(hoursAgo(20)),
    });
    await system.host.settled(10_000);
  }, 60_000);

  afterAll(async () => {
    process.stdout.write = originalWrite.out;
    process.stderr.write = originalWrite.err;
    await pool?.end();
    await system?.stop();
  });

  const leaksIn = (text: string) => Object.entries(NEEDLES).filter(([, needle]) => text.includes(needle));

  it('are in no table of the database in clear, events included', async () => {
    const { rows: tables } = await pool.query<{ schema: string; name: string }>(
      `SELECT schemaname AS schema, tablename AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(20);
    const found: string[] = [];
    for (const { schema, name } of tables) {
      const { rows } = await pool.query<{ row: string }>(`SELECT t::text AS row FROM ${schema}.${name} t`);
      for (const { row } of rows) {
        // Binary columns read as hexadecimal: clear text hidden in one would be found too.
        const bytes = [...row.matchAll(/\\x([0-9a-f]{8,})/g)].map(([, hex]) =>
          Buffer.from(hex ?? '', 'hex').toString(),
        );
        if (leaksIn(`${row} ${bytes.join(' ')}`).length > 0) found.push(`${schema}.${name}`);
      }
    }
    expect(found).toEqual([]);
  });

  it('are in no list, history, obligation or figure, whoever asks', async () => {
    const paths = [
      '/api/tips',
      `/api/tips/${tipId}/history`,
      `/api/tips/${tipId}/obligations`,
      '/api/obligations',
      '/api/cases',
      '/api/extension-requests',
      '/api/indicators/R2/matters',
    ];
    const clients = ['desk', 'investigator', 'prosecutor', 'leader', 'operator', 'auditor', 'custodian'];
    for (const client of clients) {
      for (const path of paths) {
        const { status, body } = await system.call(client, 'GET', path);
        expect([200, 400, 403, 404]).toContain(status);
        expect({ client, path, leaks: leaksIn(JSON.stringify(body)) }).toEqual({ client, path, leaks: [] });
      }
    }
  });

  it('show the text to those who work on the tip, and to nobody else', async () => {
    const read = async (client: string) => (await system.call(client, 'GET', `/api/tips/${tipId}`)).body;
    expect((await read('desk')).content).toBe(NEEDLES.text);
    expect((await read('prosecutor')).content).toBe(NEEDLES.text);
    expect((await read('leader')).content).toBeNull();
    expect((await read('operator')).content).toBeNull();
    for (const client of ['desk', 'investigator', 'prosecutor', 'leader']) {
      const { text: _text, ...identity } = NEEDLES;
      const body = JSON.stringify(await read(client));
      expect(Object.values(identity).filter((needle) => body.includes(needle))).toEqual([]);
    }
  });

  it('name the informant only to who may know, for a reason, and record it for the auditor', async () => {
    const path = `/api/tips/${tipId}/informant/reveal`;
    const withoutReason = await system.call('desk', 'POST', path, {});
    expect(withoutReason).toMatchObject({ status: 400 });
    expect(await system.call('leader', 'POST', path, { reason: 'muốn biết ai báo' })).toMatchObject({ status: 403 });
    expect(await system.call('prosecutor', 'POST', path, { reason: 'muốn biết ai báo' })).toMatchObject({
      status: 403,
    });
    const revealed = await system.call('desk', 'POST', path, { reason: 'mời người báo tin ký biên bản' });
    expect(revealed).toMatchObject({ status: 200, body: { informant: { name: NEEDLES.name, phone: NEEDLES.phone } } });
    const log = await eventually(
      () => system.call('auditor', 'GET', `/api/access-log?tipId=${tipId}`),
      ({ status }) => status === 200,
    );
    expect(log.body.items).toContainEqual(
      expect.objectContaining({ what: 'informant.reveal', actorId: 'desk', reason: 'mời người báo tin ký biên bản' }),
    );
    expect(await system.call('desk', 'GET', '/api/access-log')).toMatchObject({ status: 403 });
  });

  it('are in no line that the program has written', () => {
    expect(leaksIn(written.join(''))).toEqual([]);
  });
});
