import { createPool } from '@app/event-store';
import { KafkaLog } from '@app/messaging';
import { serveChild } from '../../harness/child.js';
import { encodeHistogram, newHistogram, recordMs } from '../../harness/latency.js';
import { logger, projectMatters, TOPIC_OPTIONS, topicSource } from './tip-log.js';
import { bareClient } from './topics.js';

export interface FollowerOrder {
  /** `ours`: a consumer of the message log with its transaction; `bare`: the client alone. */
  kind: 'ours' | 'bare';
  brokers: string[];
  topic: string;
  group: string;
  /** Of the database with the consumer's home. */
  url: string;
}

export interface FollowerAnswer {
  /** Encoded histogram. */
  latency: string;
  missing: number;
}

const WAIT_MS = 20_000;

/** Called by the handler with the streams of a batch: when it was called, on the clock that both processes share. */
const handled = new Map<string, number>();
let total = 0;

function arrive(streams: readonly string[]): void {
  const now = performance.timeOrigin + performance.now();
  for (const stream of streams) handled.set(stream, now);
  total += streams.length;
}

let stop: () => Promise<void> = async () => undefined;

async function follow({ kind, brokers, topic, group, url }: FollowerOrder): Promise<void> {
  if (kind === 'bare') {
    const consumer = bareClient(brokers).consumer({ groupId: group, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => arrive(batch.messages.map(({ key }) => String(key))),
    });
    await joined;
    stop = () => consumer.disconnect();
    return;
  }
  const pool = createPool(url, { applicationName: 'bench-follower', max: 4 });
  const log = new KafkaLog({ brokers, topics: [topicSource(topic)], topicOptions: TOPIC_OPTIONS, logger });
  const running = await log.start(
    {
      name: group,
      topics: [topic],
      handle: async (batch, tx) => {
        arrive(batch.map(({ stream }) => stream));
        await projectMatters(tx, batch);
      },
    },
    { pool, schema: 'deadlines' },
  );
  await running.settled(WAIT_MS);
  stop = async () => {
    await log.close();
    await pool.end();
  };
}

serveChild({
  start: async (order: FollowerOrder) => {
    await follow(order);
    return null;
  },
  stop: () => stop(),
  methods: {
    /** Waits for what was committed and tells how long each took. */
    latencies: async ({ committed }: { committed: [stream: string, at: number][] }): Promise<FollowerAnswer> => {
      const end = performance.now() + WAIT_MS;
      while (performance.now() < end && committed.some(([stream]) => !handled.has(stream))) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const latency = newHistogram();
      let missing = 0;
      for (const [stream, at] of committed) {
        const then = handled.get(stream);
        if (then === undefined) missing += 1;
        else recordMs(latency, then - at);
      }
      handled.clear();
      return { latency: encodeHistogram(latency), missing };
    },
    total: async () => ({ handled: total }),
  },
});
