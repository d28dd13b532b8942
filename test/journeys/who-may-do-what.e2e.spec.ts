import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listRoutePermissions } from '@app/security';
import { ACT_ROLES } from '../../apps/intake/src/crime-tips/read-models/tip-details.js';
import { CASE_ACT_ROLES } from '../../apps/prosecution/src/criminal-cases/read-models/find-cases.js';
import { hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

describe('who may do what', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await startSystem();
    await importFiles(system, { 'units.csv': UNITS_CSV });
  }, 60_000);

  afterAll(() => system?.stop());

  it('is declared for every route of the system', () => {
    const routes = listRoutePermissions(system.host.app);
    expect(routes.length).toBeGreaterThan(35);
    expect(routes.filter(({ permission }) => permission === undefined || permission === null)).toEqual([]);
  });

  it('is told on a matter exactly as it is declared beside the acts', () => {
    const declared = new Map(
      listRoutePermissions(system.host.app).flatMap(({ path, permission }) =>
        typeof permission === 'object' && permission !== null ? [[path, [...permission.roles].sort()] as const] : [],
      ),
    );
    for (const [act, roles] of Object.entries(ACT_ROLES)) {
      expect({ act, roles: declared.get(`/api/tips/:id/${act}`) }).toEqual({ act, roles: [...roles].sort() });
    }
    for (const [act, { roles }] of Object.entries(CASE_ACT_ROLES)) {
      expect({ act, roles: declared.get(`/api/cases/:id/${act}`) }).toEqual({ act, roles: [...roles].sort() });
    }
  });

  it('asks for a token', async () => {
    expect(await system.call(null, 'GET', '/api/tips')).toMatchObject({ status: 401 });
    const forged = await system.call(null, 'GET', '/api/tips', undefined, { authorization: 'Bearer abc.def.ghi' });
    expect(forged).toMatchObject({ status: 401 });
  });

  it('keeps a commune’s desk to its own commune', async () => {
    const elsewhere = await system.call('desk', 'POST', '/api/tips', tipBody(hoursAgo(5), { unitCode: 'PC-80-25486' }));
    expect(elsewhere).toMatchObject({ status: 403, body: { code: 'AnotherUnitMustAct' } });
    const other = await system.call(
      'investigator',
      'POST',
      '/api/tips',
      tipBody(hoursAgo(5), { unitCode: 'PC-80-25486' }),
    );
    expect(other.status).toBe(201);
    expect(await system.call('desk', 'GET', `/api/tips/${other.body.id}`)).toMatchObject({ status: 404 });
    const { items } = (await system.call('desk', 'GET', '/api/tips')).body;
    expect(items.map(({ id }: { id: string }) => id)).not.toContain(other.body.id);
    const classify = await system.call('desk', 'POST', `/api/tips/${other.body.id}/classify`, {
      happenedAt: hoursAgo(1),
      competent: true,
      urgent: false,
      category: 'theft',
    });
    expect(classify.status).toBe(404);
  });

  it('lets nobody receive who has no such role', async () => {
    for (const client of ['prosecutor', 'leader', 'operator', 'auditor', 'custodian']) {
      const answer = await system.call(client, 'POST', '/api/tips', tipBody(hoursAgo(5)));
      expect({ client, status: answer.status }).toEqual({ client, status: 403 });
    }
  });

  it('names every fault of a malformed tip at once', async () => {
    const answer = await system.call('desk', 'POST', '/api/tips', { kind: 'gossip', channel: 'counter' });
    expect(answer.status).toBe(400);
    const fields = answer.body.errors.map(({ field }: { field: string }) => field);
    expect(new Set(fields)).toEqual(new Set(['kind', 'receivedAt', 'content', 'unitCode']));
  });

  it('numbers a unit’s register without gaps, whatever arrives at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        system.call('desk', 'POST', '/api/tips', tipBody(index % 8 === 7 ? '2999-01-01T00:00:00+07:00' : hoursAgo(3))),
      ),
    );
    const received = answers.filter(({ status }) => status === 201);
    expect(received).toHaveLength(35);
    const numbers = received.map(({ body }) => Number(body.registerNumber.split('/')[0])).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
  });
});
