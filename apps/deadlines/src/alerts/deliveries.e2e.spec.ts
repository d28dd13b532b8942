import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@app/event-store';
import { SMTPServer } from 'smtp-server';
import request from 'supertest';
import type { DeadlinesConfig } from '../config.js';
import { POLICE, PROCURACY, TipStory } from '../testing/harness.js';
import { OTHER_POLICE, type RunningDeadlines, runningDeadlines, tokenOf } from '../testing/running-deadlines.js';
import { DeliveryLoop, webhookSignature } from './delivery-loop.js';
import { MAX_ATTEMPTS } from './delivery-queue.js';
import { inboxConsumer } from './inbox.consumer.js';

const HOUR = 3_600_000;
const desk = tokenOf('canbo', ['intake_officer'], [POLICE]);
const otherDesk = tokenOf('canbo3', ['intake_officer'], [OTHER_POLICE]);
const prosecutor = tokenOf('kiemsatvien', ['prosecutor'], [PROCURACY]);

let service: RunningDeadlines;
let smtp: SMTPServer;
let receiver: Server;
let webhook: string;
let config: DeadlinesConfig;
let hooks: { headers: IncomingMessage['headers']; body: string }[] = [];
let hookStatus = 204;
let mails: { to: string[]; source: string }[] = [];
let refusesMail = false;

/** A loop of its own, at another time than now when told. */
function loopAt(at?: string): DeliveryLoop {
  const loop = new DeliveryLoop(service.context, config);
  if (at !== undefined) loop.nowSql = `'${at}'::timestamptz`;
  return loop;
}

async function choose(as: string, body: object, status = 200) {
  const response = await request(service.app.getHttpServer())
    .put('/api/me/alerts')
    .set('authorization', `Bearer ${as}`)
    .send({ kinds: [], digest: false, ...body });
  expect([response.status, response.status === status ? '' : response.text]).toEqual([status, '']);
  return response.body;
}

/** A tip's 24 hours for classification pass, up to the alert 6 hours before; told to the queue at the loop's time. */
async function alerted(loop: DeliveryLoop, unitCode = POLICE): Promise<void> {
  await service.deliver(new TipStory().received(new Date().toISOString(), { noticesTracked: false, unitCode }).events);
  const consumer = inboxConsumer((ids, tx) => loop.queue(ids, tx));
  await service.pass(new Date(Date.now() + 19 * HOUR), consumer);
}

async function deliveries(): Promise<{ state: string; attempts: number; ready: string; last_error: string | null }[]> {
  const { rows } = await service.pool.query(
    `SELECT state, attempts, last_error, to_char(ready_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD HH24:MI:SS') AS ready
     FROM deadlines.deliveries ORDER BY ready_at, id`,
  );
  return rows;
}

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      text(stream).then((source) => {
        if (refusesMail) return done(new Error('mailbox is full'));
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), source });
        return done();
      }, done);
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  receiver = createServer((incoming, answer) => {
    text(incoming).then(
      (body) => {
        hooks.push({ headers: incoming.headers, body });
        answer.writeHead(hookStatus, hookStatus === 302 ? { location: webhook } : {}).end();
      },
      (error: Error) => answer.destroy(error),
    );
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const { port } = smtp.server.address() as AddressInfo;
  config = { smtpUrl: `smtp://127.0.0.1:${port}`, mailFrom: 'tinbao@example.vn', webhookHosts: ['127.0.0.1'] };
  // The drills run their own loops: the service's own would close the timers' door to them now and then.
  service = await runningDeadlines(config, { fires: false });
  await service.app.get(DeliveryLoop).onModuleDestroy();
});
afterEach(async () => {
  await service.pool.query('UPDATE deadlines.readers SET seen_at = statement_timestamp()');
  hooks = [];
  mails = [];
  hookStatus = 204;
  refusesMail = false;
  await service.pool.query(
    `TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers, deadlines.events, deadlines.commands,
       deadlines.inbox, deadlines.inbox_reads, deadlines.deliveries, deadlines.alert_preferences`,
  );
});
afterAll(async () => {
  await service.stop();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
  await new Promise((resolve) => receiver.close(resolve));
});

describe('alerts that leave the system', () => {
  it('go by e-mail to whom they concern, once, without anything of the matter but number, duty and dates', async () => {
    await choose(desk, { kinds: ['h6'], email: 'canbo@example.vn' });
    await choose(otherDesk, { kinds: ['h6'], email: 'other@example.vn' });
    await choose(prosecutor, { kinds: ['breach'], email: 'vks@example.vn' });
    const loop = loopAt();
    await alerted(loop);
    expect(await loop.round()).toBe(1);
    expect(await loop.round()).toBe(0);
    expect(mails.map(({ to }) => to)).toEqual([['canbo@example.vn']]);
    const { source } = mails[0]!;
    expect(source).toMatch(/^X-Tinbao-Delivery: [0-9a-f-]{36}\r$/im);
    const plain = /base64/i.test(source)
      ? Buffer.from(source.split('\r\n\r\n')[1]!, 'base64').toString('utf8')
      : source.replace(/=\r\n/g, '');
    expect(plain).toContain('12/2026');
    expect(plain).toContain('6 hours left');
    expect(source + plain).not.toMatch(/sealed|informant/);
    expect((await deliveries()).map(({ state }) => state)).toEqual(['sent']);
  });

  it('go by signed webhook, tried again with growing rests, each time under the same delivery id', async () => {
    const { webhook: made } = await choose(desk, { kinds: ['h6'], webhook: { url: webhook } });
    await alerted(loopAt());
    hookStatus = 503;
    await loopAt().round();
    expect(await loopAt().round()).toBe(0);
    await loopAt(new Date(Date.now() + 40_000).toISOString()).round();
    hookStatus = 204;
    await loopAt(new Date(Date.now() + HOUR).toISOString()).round();
    expect(hooks).toHaveLength(3);
    expect(new Set(hooks.map(({ headers }) => headers['x-tinbao-delivery'])).size).toBe(1);
    for (const { headers, body } of hooks) {
      const timestamp = String(headers['x-tinbao-timestamp']);
      expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(60);
      expect(headers['x-tinbao-signature']).toBe(webhookSignature(made.secret, timestamp, body));
      expect(JSON.parse(body)).toMatchObject({
        deliveryId: headers['x-tinbao-delivery'],
        type: 'alert',
        item: { kind: 'h6', rule: 'TTLT17-8-CLASSIFY', unitCode: POLICE, matterNumber: '12/2026' },
      });
      expect(body).not.toMatch(/sealed|informant/);
    }
    expect(await deliveries()).toMatchObject([{ state: 'sent', attempts: 3 }]);
    const { rows } = await service.pool.query('SELECT webhook_secret FROM deadlines.alert_preferences');
    expect(rows[0].webhook_secret.toString('utf8')).not.toContain(made.secret);
  });

  it('are given up after the last attempt, with what was wrong', async () => {
    await choose(desk, { kinds: ['h6'], email: 'canbo@example.vn' });
    await alerted(loopAt());
    refusesMail = true;
    for (let day = 1; day <= MAX_ATTEMPTS + 2; day += 1) {
      await loopAt(new Date(Date.now() + day * 24 * HOUR).toISOString()).round();
    }
    expect(await deliveries()).toMatchObject([
      { state: 'failed', attempts: MAX_ATTEMPTS, last_error: expect.stringContaining('mailbox is full') },
    ]);
  });

  it('never follow a redirect', async () => {
    await choose(desk, { kinds: ['h6'], webhook: { url: webhook, secret: 'a-secret-of-sixteen' } });
    await alerted(loopAt());
    hookStatus = 302;
    await loopAt().round();
    expect(hooks).toHaveLength(1);
    expect(await deliveries()).toMatchObject([{ state: 'waiting', attempts: 1 }]);
  });

  it('wait for the end of quiet hours, over midnight too', async () => {
    await choose(desk, { kinds: ['h6'], email: 'canbo@example.vn', quietHours: { from: '21:30', to: '06:00' } });
    await service.pool.query(`UPDATE deadlines.readers SET seen_at = '2030-03-01T00:00:00Z' WHERE person = 'canbo'`);
    await alerted(loopAt('2030-03-01T23:00:00+07:00'));
    expect((await deliveries()).map(({ ready }) => ready)).toEqual(['2030-03-02 06:00:00']);
    const { rows } = await service.pool.query(
      `SELECT deadlines.after_quiet_hours(at, f::time, t::time) = expected::timestamptz AS ok FROM (VALUES
         ('2030-03-01T05:59:59+07:00'::timestamptz, '21:30', '06:00', '2030-03-01T06:00:00+07:00'),
         ('2030-03-01T06:00:00+07:00', '21:30', '06:00', '2030-03-01T06:00:00+07:00'),
         ('2030-03-01T12:30:00+07:00', '12:00', '13:00', '2030-03-01T13:00:00+07:00'),
         ('2030-03-01T13:30:00+07:00', '12:00', '13:00', '2030-03-01T13:30:00+07:00'),
         ('2030-03-01T13:30:00+07:00', NULL, NULL, '2030-03-01T13:30:00+07:00')) AS v(at, f, t, expected)`,
    );
    expect(rows.every(({ ok }) => ok)).toBe(true);
  });

  it('two instances: send each delivery once', async () => {
    await choose(desk, { kinds: ['h6'], webhook: { url: webhook } });
    const loop = loopAt();
    await service.deliver(
      Array.from({ length: 30 }, () =>
        new TipStory().received(new Date().toISOString(), { noticesTracked: false }),
      ).flatMap(({ events }) => events),
    );
    await service.pass(
      new Date(Date.now() + 19 * HOUR),
      inboxConsumer((ids, tx) => loop.queue(ids, tx)),
    );
    const instances = [loopAt(), loopAt(), loopAt()];
    for (let round = 0; round < 3; round += 1) await Promise.all(instances.map((one) => one.round()));
    expect(hooks).toHaveLength(30);
    expect(new Set(hooks.map(({ headers }) => headers['x-tinbao-delivery'])).size).toBe(30);
  });

  it('are not sent to somebody who may not see them any more', async () => {
    await choose(desk, { kinds: ['h6'], email: 'canbo@example.vn' });
    await alerted(loopAt());
    await request(service.app.getHttpServer())
      .get('/api/me/alerts')
      .set('authorization', `Bearer ${tokenOf('canbo', ['intake_officer'], [OTHER_POLICE])}`)
      .expect(200);
    await loopAt().round();
    expect(mails).toEqual([]);
    expect((await deliveries()).map(({ state }) => state)).toEqual(['dropped']);
  });

  it('killed between firing and recording: a repeat of the same items queues nothing anew', async () => {
    await choose(desk, { kinds: ['h6'], email: 'canbo@example.vn' });
    const loop = loopAt();
    await alerted(loop);
    await loop.round();
    const { rows } = await service.pool.query('SELECT id FROM deadlines.inbox');
    await inTransaction(service.pool, async (tx) => {
      await tx.query(`SELECT set_config('app.units', '*', true)`);
      await loop.queue(
        rows.map(({ id }) => id),
        tx,
      );
    });
    expect(await loop.round()).toBe(0);
    expect(mails).toHaveLength(1);
  });
});

describe('the daily digest', () => {
  it('downtime: comes at 07:00 in Viet Nam, once a day, also when nothing ran at seven', async () => {
    await choose(desk, { email: 'canbo@example.vn', digest: true });
    await service.pool.query(`UPDATE deadlines.readers SET seen_at = '2030-03-01T00:00:00Z' WHERE person = 'canbo'`);
    await loopAt('2030-03-01T06:59:59+07:00').round();
    expect(mails).toEqual([]);
    await Promise.all([loopAt('2030-03-01T07:00:00+07:00').round(), loopAt('2030-03-01T07:00:00+07:00').round()]);
    await loopAt('2030-03-01T12:00:00+07:00').round();
    expect(mails).toHaveLength(1);
    // Three days away: one digest, of the day on which it runs again.
    await loopAt('2030-03-04T15:00:00+07:00').round();
    await loopAt('2030-03-04T23:00:00+07:00').round();
    expect(mails).toHaveLength(2);
    // Nobody has renewed these rights for three months.
    await loopAt('2030-07-01T08:00:00+07:00').round();
    expect(mails).toHaveLength(2);
  });

  it('chosen after seven begins tomorrow', async () => {
    await choose(desk, { email: 'canbo@example.vn', digest: true });
    const { rows } = await service.pool.query<{ today: boolean | null; after: boolean }>(
      `SELECT digest_on = (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS today,
         (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::time >= '07:00' AS after FROM deadlines.alert_preferences`,
    );
    expect(rows[0]!.today ?? false).toBe(rows[0]!.after);
  });
});

describe('preferences', () => {
  it('are answered as chosen; a secret is shown once, when it is made', async () => {
    const chosen = { kinds: ['d3', 'breach'], email: 'canbo@example.vn', digest: true };
    const quietHours = { from: '21:30', to: '06:00' };
    const first = await choose(desk, { ...chosen, quietHours, webhook: { url: webhook } });
    expect(first).toMatchObject({ ...chosen, quietHours, webhook: { url: webhook, secret: expect.any(String) } });
    const again = await choose(desk, { ...chosen, quietHours, webhook: { url: webhook } });
    expect(again.webhook).toEqual({ url: webhook });
    const { body } = await request(service.app.getHttpServer())
      .get('/api/me/alerts')
      .set('authorization', `Bearer ${desk}`);
    expect(body).toEqual(again);
    expect(body.channels).toEqual({ email: true, webhook: true });
    expect(await choose(desk, {})).toMatchObject({ kinds: [], email: null, webhook: null, quietHours: null });
  });

  it.each([
    [{ kinds: ['d2'] }],
    [{ email: 'nobody' }],
    [{ webhook: { url: 'ftp://127.0.0.1/x' } }],
    [{ webhook: { url: 'file:///etc/passwd' } }],
    [{ webhook: { url: 'http://169.254.169.254/latest' } }],
    [{ quietHours: { from: '24:00', to: '06:00' } }],
    [{ digest: 'yes' }],
  ])('refuse %j', (body) => choose(desk, body, 400));
});
