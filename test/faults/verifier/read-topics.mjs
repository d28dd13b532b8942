import kafkajs from 'kafkajs';
import { canonical } from './canonical.mjs';

/**
 * A record as the broker holds it, read once.
 * @typedef {object} TopicRecord
 * @property {bigint} offset
 * @property {string} key
 * @property {string | undefined} id  undefined when the record is no envelope at all
 * @property {number} version
 * @property {string} type
 * @property {string} said  its data in canonical form
 * @property {number} at  when it was sent, by its producer's clock (milliseconds since 1970)
 * @property {number} bytes  of its value
 */

/** Reads every record of every domain topic, as the brokers hold it, and goes on reading where it stopped. */
export class TopicReader {
  #kafka;
  #admin;
  #consumer;
  #groupId;
  #known = [];
  #seen = new Set();
  #lastFirsts = new Map();
  #waiting = () => undefined;
  /** @type {Map<string, TopicRecord[]>} records by `topic/partition`, in the order of their offsets */
  partitions = new Map();

  constructor(brokers) {
    this.#kafka = new kafkajs.Kafka({
      clientId: 'verifier',
      brokers,
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20 },
    });
  }

  /**
   * Reads up to the end that the topics have now.
   * @param {number} limitMs
   * @param {{known?: boolean}} [options]  `known`: looks for no new topics, where some are known
   * @returns {Promise<Map<string, {low: bigint, high: bigint}>>} the ends, by `topic/partition`
   */
  async upToDate(limitMs, { known = false } = {}) {
    this.#admin ??= await this.#connectAdmin();
    const admin = this.#admin;
    const topics =
      known && this.#known.length > 0
        ? this.#known
        : (await admin.listTopics()).filter((topic) => !topic.startsWith('__')).sort();
    const ends = new Map();
    await Promise.all(
      topics.map(async (topic) => {
        for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
          ends.set(`${topic}/${partition}`, { low: BigInt(low), high: BigInt(high) });
        }
      }),
    );
    if (topics.join() !== this.#known.join()) await this.#readFrom(topics);
    const limit = performance.now() + limitMs;
    while ([...ends].some(([place, { low, high }]) => high > low && this.#readTo(place) < high)) {
      const left = limit - performance.now();
      if (left <= 0) throw new Error(`the topics were not read to their ends within ${limitMs} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 200));
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return ends;
  }

  /** Offset after the last record of each partition that is no repeat of an earlier one. */
  lastFirsts() {
    return this.#lastFirsts;
  }

  /** The next reading begins at the beginning of every topic. */
  forget() {
    this.#known = [];
  }

  async close() {
    await this.#leave();
    await this.#admin?.disconnect();
  }

  #readTo(place) {
    const last = this.partitions.get(place)?.at(-1);
    return last === undefined ? 0n : last.offset + 1n;
  }

  async #connectAdmin() {
    const admin = this.#kafka.admin();
    await admin.connect();
    return admin;
  }

  async #leave() {
    await this.#consumer?.disconnect();
    if (this.#groupId) await this.#admin?.deleteGroups([this.#groupId]).catch(() => undefined);
  }

  /** Other topics than before: reads all of them from their beginning. */
  async #readFrom(topics) {
    await this.#leave();
    this.#known = topics;
    this.#seen.clear();
    this.#lastFirsts = new Map();
    this.partitions = new Map();
    this.#groupId = `verifier-${process.pid}-${process.hrtime.bigint()}`;
    this.#consumer = this.#kafka.consumer({
      groupId: this.#groupId,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: 50,
      sessionTimeout: 60_000,
    });
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics, fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, heartbeat }) => {
        const place = `${batch.topic}/${batch.partition}`;
        for (const message of batch.messages) this.#keep(place, message);
        this.#waiting();
        await heartbeat();
      },
    });
  }

  #keep(place, message) {
    const offset = BigInt(message.offset);
    // A reader that joins again may be given again what it has had.
    if (offset < this.#readTo(place)) return;
    const record = {
      offset,
      key: String(message.key),
      at: Number(message.timestamp),
      bytes: message.value?.length ?? 0,
      ...contentOf(String(message.value)),
    };
    const records = this.partitions.get(place) ?? [];
    records.push(record);
    this.partitions.set(place, records);
    if (record.id === undefined || this.#seen.has(record.id)) return;
    this.#seen.add(record.id);
    this.#lastFirsts.set(place, offset + 1n);
  }
}

function contentOf(value) {
  let envelope;
  try {
    envelope = JSON.parse(value);
  } catch {
    // Not JSON is not an event: the checks say so.
    return { id: undefined };
  }
  return { id: envelope.id, version: envelope.streamversion, type: envelope.type, said: canonical(envelope.data) };
}
