import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { hoursAgo, importFiles, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

describe('an act whose read model is behind', () => {
  let system: TestSystem;
  let holder: pg.Client;

  beforeAll(async () => {
    system = await startSystem();
    await importFiles(system, { 'units.csv': UNITS_CSV });
    expect(await system.host.settled(30_000)).toBe(true);
    // Readers may look, the consumer cannot write: as after a restart, or behind a long import.
    holder = new pg.Client({ connectionString: system.databaseUrl });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE prosecution.criminal_cases IN EXCLUSIVE MODE');
  }, 120_000);

  afterAll(async () => {
    await holder?.end();
    await system?.stop();
  }, 60_000);

  it('is answered with what it did, not with "not found"', async () => {
    const opened = await system.call(
      'investigator',
      'POST',
      '/api/cases',
      {
        unitCode: 'PC-80',
        initiatedAt: hoursAgo(60),
        category: 'theft',
        offence: { article: 173, clause: 1 },
        accusedCount: 1,
      },
      { 'idempotency-key': 'behind-1' },
    );
    expect({ status: opened.status, body: opened.body }).toMatchObject({
      status: 201,
      body: { status: 'investigating', version: 1, accusedCount: 1 },
    });
    const { id } = opened.body;
    const concluded = await system.call('investigator', 'POST', `/api/cases/${id}/conclude-investigation`, {
      happenedAt: hoursAgo(20),
      proposesProsecution: true,
    });
    expect({ status: concluded.status, body: concluded.body }).toMatchObject({
      status: 200,
      body: { id, status: 'concluded', version: 2, proposesProsecution: true },
    });
    const read = await system.call('prosecutor', 'GET', `/api/cases/${id}`);
    expect({ status: read.status, body: read.body }).toMatchObject({ status: 200, body: { id, version: 2 } });
    // Not for another province, behind or not.
    const elsewhere = await system.call('desk', 'GET', `/api/cases/${id}`);
    expect(elsewhere.status).toBe(403);
  }, 60_000);
});
