import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

interface Item {
  id: string;
  kind: string;
  rule: string;
  as: string;
  matterNumber: string;
}

describe('alerts reach the people', () => {
  let system: TestSystem;
  let receiver: Server;
  const hooks: { type: string; item: Item }[] = [];

  beforeAll(async () => {
    receiver = createServer((incoming, answer) => {
      json(incoming).then(
        (body) => {
          hooks.push(body as (typeof hooks)[number]);
          answer.writeHead(204).end();
        },
        (error: Error) => answer.destroy(error),
      );
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    system = await startSystem();
    await importFiles(system, { 'units.csv': UNITS_CSV });
  }, 60_000);

  afterAll(async () => {
    await system?.stop();
    await new Promise((resolve) => receiver.close(resolve));
  });

  it('a breach stands in the inbox of the desk and of the procuracy, and leaves by webhook', async () => {
    const { port } = receiver.address() as AddressInfo;
    const preferences = { kinds: ['breach'], webhook: { url: `http://127.0.0.1:${port}/` }, digest: false };
    expect(await system.call('desk', 'PUT', '/api/me/alerts', preferences)).toMatchObject({ status: 200 });
    const received = await system.call('desk', 'POST', '/api/tips', tipBody(hoursAgo(30)));
    expect(received.status).toBe(201);
    const inboxOf = (client: string) =>
      eventually(
        async () => (await system.call(client, 'GET', '/api/inbox?unread=true')).body.items as Item[],
        (items) => items.some(({ kind }) => kind === 'breach'),
      );
    const [item] = await inboxOf('desk');
    expect(item).toMatchObject({ as: 'owes', matterNumber: received.body.registerNumber });
    expect((await inboxOf('prosecutor'))[0]).toMatchObject({ id: item!.id, as: 'supervises' });
    await eventually(
      async () => hooks,
      (all) => all.length > 0,
    );
    expect(hooks[0]).toMatchObject({ type: 'breach', item: { id: item!.id } });
    const read = await system.call('desk', 'POST', `/api/inbox/${item!.id}/read`);
    expect(read).toMatchObject({ status: 200, body: { read: true } });
    expect((await system.call('desk', 'GET', '/api/inbox/summary')).body.unread).toBe(0);
  });

  it('a calendar at a secret address holds what is owed, without sign-in', async () => {
    const { status, body } = await system.call('desk', 'POST', '/api/me/calendar-feed');
    expect(status).toBe(201);
    const calendar = await system.call(null, 'GET', new URL(body.url).pathname);
    expect(calendar.status).toBe(200);
    expect(calendar.body).toMatch(/^BEGIN:VCALENDAR\r\n[^]*SUMMARY:/);
    expect((await system.call('desk', 'DELETE', '/api/me/calendar-feed')).status).toBe(204);
    expect((await system.call(null, 'GET', new URL(body.url).pathname)).status).toBe(404);
  });
});
