import type { Message, Producer } from 'kafkajs';
import type { Pool } from 'pg';
import { KafkaRelay } from '@app/messaging';
import { decodeHistogram } from '../../harness/latency.js';
import type { Bench, BenchContext, Params, Round, RoundInput, Variant, Workload } from '../../harness/types.js';
import type { FollowerAnswer } from './follower.js';
import { createOutbox, drainOutbox, fillOutbox } from './skip-locked-outbox.js';
import { fillLog, logger, META, openLog, STREAM_PREFIX, TOPIC_OPTIONS, topicSource } from './tip-log.js';
import { bareClient, createTopic, readTopic } from './topics.js';

const EVENTS = { S: 60_000, M: 1_000_000, L: 1_000_000 } as const;
/** The peers' backlog: they are measured by rate, and a larger one would only slow them. */
const OUTBOX_EVENTS = 3_000;
const OUTBOX_PAGE = 100;
const POLL_PAGE = 2_000;
const REQUEST_BYTES = 900_000;
const LATENCY_RATE = 500;
/** Ready records are held in memory. */
const MOST_READY = 100_000;

const seconds = (since: number): number => (performance.now() - since) / 1000;

/** Rows of the log as text, page by page, nothing done with them. */
async function poll(pool: Pool): Promise<number> {
  let at = { xid: '0', gp: '0' };
  for (let read = 0; ;) {
    const { rows } = await pool.query<{ xid: string; gp: string }>({
      name: 'bare-poll',
      text: `SELECT id, stream, version, type, event_version, data::text, meta::text, recorded_at, xid::text AS xid,
          gp::text AS gp
        FROM (SELECT * FROM intake.events
          WHERE (xid, gp) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
          ORDER BY xid, gp LIMIT ${POLL_PAGE}) e`,
      values: [at.xid, at.gp],
    });
    if (rows.length === 0) return read;
    read += rows.length;
    at = { xid: rows.at(-1)!.xid, gp: rows.at(-1)!.gp };
  }
}

/** Ready records of the log (its first hundred thousand events), in requests of the relay's size. */
async function requestsOf(pool: Pool, partitionOf: (key: string) => number): Promise<Message[][]> {
  const requests: Message[][] = [];
  let request: Message[] = [];
  let bytes = 0;
  const { rows } = await pool.query<{ stream: string; version: number; data: string; meta: string }>(
    `SELECT stream, version, data::text, meta::text FROM intake.events ORDER BY xid, gp LIMIT ${MOST_READY}`,
  );
  const headers = { 'content-type': Buffer.from('application/cloudevents+json; charset=UTF-8') };
  for (const { stream, version, data, meta } of rows) {
    // As long as the relay's own envelope.
    const text = `{"streamversion":${version},"data":${data},"meta":${meta},"rest":"${'-'.repeat(250)}"}`;
    const value = Buffer.from(text);
    if (bytes + value.length > REQUEST_BYTES) {
      requests.push(request);
      request = [];
      bytes = 0;
    }
    request.push({ key: stream, value, headers, partition: partitionOf(stream) });
    bytes += value.length;
  }
  requests.push(request);
  return requests;
}

async function openDrain(context: BenchContext): Promise<Bench> {
  const postgres = await context.postgres();
  const { brokers } = await context.kafka();
  const name = `b7_drain_${context.attempt}`;
  const { pool, store } = await openLog(await postgres.database(name));
  const events = await fillLog(pool, EVENTS[context.scale], context.seed);
  const kafka = bareClient(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const connect = async (): Promise<Producer> => {
    const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1, retry: { retries: 3 } });
    await producer.connect();
    return producer;
  };
  const producer = await connect();
  const partitionOf = (key: string): number =>
    [...key].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 12;
  const requests = await requestsOf(pool, partitionOf);
  const ready = requests.reduce((sum, { length }) => sum + length, 0);
  let topics = 0;
  const newTopic = async (): Promise<string> => {
    const topic = `${name}.t${(topics += 1)}`;
    await createTopic(admin, topic);
    return topic;
  };

  /** A million events are warm after the first thousands: no round for nothing. */
  const skipsWarmUp = context.scale !== 'S';
  const nothing: Round = { ops: 0, seconds: 1 };
  const floor: Variant = {
    name: 'floor',
    round: async ({ rep }) => {
      if (rep === 0 && skipsWarmUp) return nothing;
      const topic = await newTopic();
      let began = performance.now();
      const polled = await poll(pool);
      const polling = seconds(began);
      began = performance.now();
      for (const messages of requests) await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages }] });
      const producing = seconds(began) * (events / ready);
      return {
        ops: events,
        seconds: Math.max(polling, producing),
        errors: events - polled,
        extra: { poll_per_s: Math.round(events / polling), produce_per_s: Math.round(events / producing) },
      };
    },
    check: async () => ({ ok: true, note: 'reads and sends; checked by its counts' }),
  };

  let lastTopic = '';
  const ours: Variant = {
    name: 'ours',
    round: async ({ rep }) => {
      if (rep === 0 && skipsWarmUp) return nothing;
      lastTopic = await newTopic();
      await pool.query('UPDATE intake.checkpoints SET position = NULL');
      const relay = new KafkaRelay({
        brokers,
        service: 'intake',
        store,
        topics: [topicSource(lastTopic)],
        isPublic: () => true,
        topicOptions: TOPIC_OPTIONS,
        logger,
      });
      relay.start();
      while (!relay.leading) await new Promise((resolve) => setImmediate(resolve));
      const began = performance.now();
      const reached = await relay.caughtUp(600_000);
      const took = seconds(began);
      await relay.stop();
      return { ops: events, seconds: took, errors: reached ? 0 : events };
    },
    check: async () => {
      const found = await readTopic(kafka, admin, lastTopic);
      return { ok: found.records === events && found.outOfOrder === 0, expected: events, ...found };
    },
  };

  const outbox = async (send: 'message' | 'page'): Promise<Variant> => {
    const own = (await openLog(await postgres.database(`${name}_outbox_${send}`))).pool;
    await createOutbox(own);
    const topic = await newTopic();
    const messages = requests
      .flat()
      .slice(0, OUTBOX_EVENTS)
      .map(({ key, value }) => ({ key: String(key), value: String(value) }));
    let rounds = 0;
    closing.push(() => own.end());
    return {
      name: send === 'message' ? 'peer:skip-locked-outbox' : 'peer:skip-locked-outbox-by-page',
      round: async () => {
        await fillOutbox(own, topic, messages);
        rounds += 1;
        const began = performance.now();
        const ops = await drainOutbox({ pool: own, producer, page: OUTBOX_PAGE, send });
        return { ops, seconds: seconds(began) };
      },
      check: async () => {
        const sums = await admin.fetchTopicOffsets(topic);
        const records = sums.reduce((sum, { high }) => sum + Number(high), 0);
        return { ok: records === rounds * messages.length, records, expected: rounds * messages.length };
      },
    };
  };
  const closing: (() => Promise<void>)[] = [];
  return {
    variants: [floor, ours, await outbox('message'), await outbox('page')],
    note:
      'Floor: the slower of reading all rows as text and sending ready records, each alone. The gate is against the ' +
      'outbox that sends message by message; the one that sends page by page is shown beside it.',
    close: async () => {
      await producer.disconnect();
      await admin.disconnect();
      for (const close of closing) await close();
      await pool.end();
    },
  };
}

async function openLatency(context: BenchContext): Promise<Bench> {
  const postgres = await context.postgres();
  const { brokers } = await context.kafka();
  const name = `b7_latency_${context.attempt}`;
  const url = await postgres.database(name);
  const { pool, store } = await openLog(url);
  const topic = `${name}.tips`;
  const bareTopic = `${name}.bare`;
  const kafka = bareClient(brokers);
  const admin = kafka.admin();
  await admin.connect();
  await createTopic(admin, topic);
  await createTopic(admin, bareTopic);
  const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 });
  await producer.connect();
  const relay = new KafkaRelay({
    brokers,
    service: 'intake',
    store,
    topics: [topicSource(topic)],
    isPublic: () => true,
    topicOptions: TOPIC_OPTIONS,
    logger,
  });
  relay.start();
  const [own, bare] = await Promise.all([
    context.child('workloads/bus/follower', { data: { kind: 'ours', brokers, topic, url, group: `${name}.own` } }),
    context.child('workloads/bus/follower', {
      data: { kind: 'bare', brokers, topic: bareTopic, url, group: `${name}.bare` },
    }),
  ]);
  let streams = 0;
  const written = { floor: 0, ours: 0 };

  const measured = async (kind: 'floor' | 'ours', input: RoundInput): Promise<Round> => {
    const follower = kind === 'floor' ? bare : own;
    const committed: [string, number][] = [];
    const under = new Set<Promise<void>>();
    const total = Math.round(LATENCY_RATE * input.seconds);
    const began = performance.now();
    for (let sent = 0; sent < total;) {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * LATENCY_RATE));
      for (; sent < due; sent += 1) {
        const stream = `${STREAM_PREFIX}${kind}-${(streams += 1)}`;
        const data = { tipId: stream, unitCode: 'PC-80-25459', note: 'Nguồn tin về tội phạm '.repeat(12) };
        const command = { stream, expectedVersion: 0, events: [{ type: 'CrimeTipReceived', data }], meta: META };
        const work = (async () => {
          if (kind === 'ours') await store.append([command]);
          // The floor has nothing in a database: what Kafka and its client alone need for one record.
          committed.push([stream, performance.timeOrigin + performance.now()]);
          if (kind === 'floor') {
            const value = JSON.stringify({ streamversion: 1, data, meta: META });
            await producer.send({ topic: bareTopic, acks: -1, messages: [{ key: stream, value }] });
          }
        })().finally(() => under.delete(work));
        under.add(work);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(under);
    const took = seconds(began);
    written[kind] += total;
    const answer = await follower.call<FollowerAnswer>('latencies', { committed });
    const latency = decodeHistogram(answer.latency);
    return { ops: total, seconds: took, latency, openLoopRate: LATENCY_RATE, errors: answer.missing };
  };
  const variant = (kind: 'floor' | 'ours'): Variant => ({
    name: kind,
    round: (input) => measured(kind, input),
    check: async () => {
      const { handled } = await (kind === 'floor' ? bare : own).call<{ handled: number }>('total');
      return { ok: handled === written[kind], handled, expected: written[kind] };
    },
    pids: () => [(kind === 'floor' ? bare : own).pid],
  });
  return {
    variants: [variant('floor'), variant('ours')],
    note:
      'Ours: from the answer of the commit to the call of the handler in another process. Floor: the record alone, ' +
      'from the call of the producer to the call of a bare consumer.',
    close: async () => {
      await relay.stop();
      await producer.disconnect();
      await admin.disconnect();
      await pool.end();
    },
  };
}

/** The relay to Kafka: a backlog drained, and the way of one event at 500 a second. */
export const relayToKafka: Workload = {
  id: 'B7',
  unit: 'events',
  title: 'Relay to Kafka: drain a backlog; commit to handler at 500 events/s',
  // A million events are about the drain; the way of one event does not depend on how many lie behind it.
  points: (scale): Params[] => (scale === 'S' ? [{ part: 'drain' }, { part: 'latency' }] : [{ part: 'drain' }]),
  seconds: { S: 2 },
  open: (context, { part }) => (part === 'drain' ? openDrain(context) : openLatency(context)),
};
