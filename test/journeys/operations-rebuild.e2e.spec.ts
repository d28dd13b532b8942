import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConsumerView } from '@app/service';
import { inTransaction } from '@app/event-store';
import { run } from '../../apps/cli/src/main.js';
import { fillIfEmpty } from '../../apps/standalone/src/fill-if-empty.js';
import { eventually } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

const SERVICES = ['identity', 'intake', 'prosecution', 'deadlines', 'statistics'];
/** Tables that belong to no consumer: logs and what else is written by commands, and the messaging's own. */
const NOT_READ_MODELS =
  /^(events|commands|series|log_incarnation|migrations|checkpoints|parked_streams|parked_events|rebuilds)$/;

describe('operators rebuild, check and retry', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await startSystem();
    await fillIfEmpty(system.host, { tips: 150, screen: { write: () => true } as never });
    expect(await system.host.settled(60_000)).toBe(true);
  }, 180_000);
  afterAll(() => system?.stop());

  const ask = (method: string, path: string, body?: unknown, client = 'operator') =>
    system.call(client, method, `/api/operations/${path}`, body);
  const consumersOf = async (service: string): Promise<ConsumerView[]> =>
    (await ask('GET', `${service}/consumers`)).body.items;
  const cli = (client: string, ...argv: string[]): Promise<number> =>
    run([...argv, '--server', system.url, '--client', `${client}:${client}-demo`, '--json']);

  const pool = (service: string) => system.host.contexts.get(service)!.pool;

  /** SHA-256 of every table of a schema that is not messaging's or the log's, the same rows giving the same text. */
  const fingerprints = async (service: string): Promise<Record<string, string>> =>
    inTransaction(
      pool(service),
      async (tx) => {
        const { rows: tables } = await tx.query<{ name: string }>(
          `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' ORDER BY 1`,
          [service],
        );
        const prints: Record<string, string> = {};
        for (const { name } of tables) {
          if (NOT_READ_MODELS.test(name)) continue;
          const { rows } = await tx.query<{ print: string }>(
            `SELECT count(*) || ' ' || encode(sha256(coalesce(string_agg(h, ''::bytea ORDER BY h), ''::bytea)), 'hex') AS print
             FROM (SELECT sha256(convert_to(t::text, 'UTF8')) AS h FROM ${service}.${name} t) AS hashed`,
          );
          prints[name] = rows[0]!.print;
        }
        return prints;
      },
      { settings: { 'app.units': '*' } },
    );

  const rebuildAll = async (service: string): Promise<string[]> => {
    const names = (await consumersOf(service)).filter(({ tables }) => tables).map(({ name }) => name);
    for (const consumer of names) {
      expect(await ask('POST', `${service}/rebuilds`, { consumer })).toMatchObject({ status: 202 });
    }
    await eventually(
      () => ask('GET', `${service}/rebuilds`),
      ({ body }) =>
        body.items.length === names.length &&
        body.items.every(({ phase }: { phase: string }) => /done|failed/.test(phase)),
      60_000,
    );
    expect((await ask('GET', `${service}/rebuilds`)).body.items).toEqual(
      names.sort().map((consumer) => expect.objectContaining({ consumer, phase: 'done', error: null })),
    );
    return names;
  };

  it('says of every consumer what a rebuild makes anew, or why nothing can be', async () => {
    // Alerts that came due meanwhile may still be on their way.
    const all = await eventually(
      async () => (await Promise.all(SERVICES.map(consumersOf))).flat(),
      (consumers) => consumers.every(({ lag }) => lag?.events === 0),
    );
    expect(all.map(({ name }) => name)).toContain('deadlines.matters');
    for (const { name, tables, notRebuildable, state, lag } of all) {
      expect({ name, declared: (tables === null) !== (notRebuildable === null) }).toEqual({ name, declared: true });
      expect({ name, state, lag }).toEqual({ name, state: 'running', lag: { events: 0, parkedStreams: 0 } });
    }
  });

  it.each(SERVICES)(
    'rebuilds every read model of %s to the same rows, and touches no other table',
    async (service) => {
      const before = await fingerprints(service);
      const consumers = await consumersOf(service);
      const rebuilt = await rebuildAll(service);
      const after = await fingerprints(service);
      // Sums may be the same in other bytes; the check below compares what they amount to.
      const sums = Object.keys(before).filter((table) => /rollup|_times|_categories/.test(table));
      // Two tables say that figures may have changed: whoever swaps moves them.
      for (const table of [...sums, 'unit_tree_generation', 'facts_versions']) {
        delete before[table];
        delete after[table];
      }
      expect(after).toEqual(before);
      const declared = consumers.filter(({ name }) => rebuilt.includes(name)).flatMap(({ tables }) => tables ?? []);
      for (const table of declared) expect([...Object.keys(before), ...sums]).toContain(table);
    },
    90_000,
  );

  it('finds every read model equal to a fresh fold by the command line, and says so by its exit code', async () => {
    expect(await cli('auditor', 'verify')).toBe(0);
  }, 90_000);

  it('finds a row that nobody folded, and a rebuild by the command line mends it', async () => {
    await inTransaction(
      pool('intake'),
      (tx) =>
        tx.query(
          `UPDATE intake.tip_list SET status = 'merged' WHERE number = (SELECT min(number) FROM intake.tip_list)`,
        ),
      { settings: { 'app.units': '*' } },
    );
    await inTransaction(
      pool('statistics'),
      (tx) =>
        tx.query(`UPDATE statistics.tip_rollup SET r1_numerator = coalesce(r1_numerator, 0) + 1 WHERE unit = '*'`),
      { settings: { 'app.units': '*' } },
    );
    expect(await cli('auditor', 'verify')).toBe(1);
    const { body } = await ask('GET', 'intake/checks/newest', undefined, 'auditor');
    expect(body).toMatchObject({ state: 'done', intact: false, log: { faults: [] } });
    expect(body.readModels.filter(({ equal }: { equal: boolean }) => !equal)).toMatchObject([
      { consumer: 'intake.tip-list', tables: [{ table: 'intake.tip_list', equal: false }] },
    ]);
    expect(await cli('operator', 'rebuild', 'intake.tip-list', 'statistics.tip-facts')).toBe(0);
    expect(await cli('operator', 'verify')).toBe(0);
  }, 120_000);

  it('refuses what cannot be rebuilt, with the reason, and what does not exist', async () => {
    const refused = await ask('POST', 'deadlines/rebuilds', { consumer: 'deadlines.inbox' });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'NotRebuildable', facts: { consumer: 'deadlines.inbox' } },
    });
    expect(await ask('POST', 'deadlines/rebuilds', { consumer: 'deadlines.none' })).toMatchObject({ status: 404 });
    expect(await ask('GET', 'nothing/consumers')).toMatchObject({ status: 404 });
    expect(await cli('operator', 'rebuild', 'deadlines.inbox')).toBe(1);
    expect(await cli('operator', 'rebuild')).toBe(2);
  });

  it('lists what is parked and tries it again', async () => {
    await pool('statistics').query(
      `INSERT INTO statistics.parked_streams (consumer, stream, source, topic, version, error)
       VALUES ('statistics.tip-facts', 'crime-tip-x', 'log:intake', 'intake.crime-tips', 1, 'a fault that was mended')`,
    );
    expect((await ask('GET', 'statistics/parked')).body.items).toMatchObject([
      { consumer: 'statistics.tip-facts', stream: 'crime-tip-x', retryRequested: false },
    ]);
    expect(await cli('operator', 'parked', 'list')).toBe(0);
    expect(await cli('operator', 'parked', 'retry', '--consumer', 'statistics.tip-facts')).toBe(0);
    expect((await ask('GET', 'statistics/parked')).body.items).toMatchObject([{ retryRequested: true }]);
    await pool('statistics').query('DELETE FROM statistics.parked_streams');
  });

  it('is for operators; auditors look and check, others do neither', async () => {
    expect((await ask('GET', 'intake/consumers', undefined, 'auditor')).status).toBe(200);
    expect((await ask('POST', 'intake/rebuilds', { consumer: 'intake.tip-list' }, 'auditor')).status).toBe(403);
    for (const client of ['desk', 'prosecutor', 'leader', 'custodian']) {
      expect((await ask('GET', 'intake/consumers', undefined, client)).status).toBe(403);
      expect((await ask('POST', 'intake/checks', {}, client)).status).toBe(403);
    }
  });
});
