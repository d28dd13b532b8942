import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listRoutePermissions } from '@app/security';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

describe('the documents of the interfaces', () => {
  let system: TestSystem;

  beforeAll(async () => {
    system = await startSystem();
  }, 60_000);

  afterAll(() => system?.stop());

  it('hold every route with who may call it', async () => {
    const { status, body } = await system.call(null, 'GET', '/openapi.json');
    expect(status).toBe(200);
    const missing = listRoutePermissions(system.host.app)
      .filter(({ path, handler }) => path.startsWith('/api/') && handler !== null)
      .filter(
        ({ path, method }) => !body.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]?.['x-permission'],
      );
    expect(missing).toEqual([]);
  });

  it('describe a tip’s fields as the desk’s form must send them', async () => {
    const { body } = await system.call(null, 'GET', '/openapi.json');
    const tip = body.components.schemas.ReceiveCrimeTipBody;
    expect(tip.required).toEqual(expect.arrayContaining(['kind', 'channel', 'receivedAt', 'content', 'unitCode']));
    expect(tip.properties.kind.enum).toEqual(['denunciation', 'report', 'recommendation']);
  });

  it('hold every topic with its events', async () => {
    const { status, body } = await system.call(null, 'GET', '/asyncapi.json');
    expect(status).toBe(200);
    expect(Object.keys(body.channels['intake.crime-tips'].messages)).toContain('CrimeTipReceived');
    expect(body.components.schemas.CrimeTipReceived.required).toContain('tipId');
  });
});
