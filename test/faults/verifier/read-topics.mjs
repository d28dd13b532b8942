import kafkajs from 'kafkajs';

/** Reads every record of every domain topic, as the brokers hold it, and goes on reading where it stopped. */
export class TopicReader {
  #kafka;
  #admin;
  #consumer;
  #groupId = `verifier-${process.pid}-${process.hrtime.bigint()}`;
  #known = [];
  #read = new Map();
  #waiting = () => undefined;
  /** @type {{topic: string, partition: number, offset: bigint, key: string, value: string}[]} */
  records = [];

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
   * @returns {Promise<Map<string, {low: bigint, high: bigint}>>} the ends, by `topic/partition`
   */
  async upToDate(limitMs) {
    this.#admin ??= await this.#connectAdmin();
    const topics = (await this.#admin.listTopics()).filter((topic) => !topic.startsWith('__')).sort();
    const ends = new Map();
    for (const topic of topics) {
      for (const { partition, low, high } of await this.#admin.fetchTopicOffsets(topic)) {
        ends.set(`${topic}/${partition}`, { low: BigInt(low), high: BigInt(high) });
      }
    }
    if (topics.join() !== this.#known.join()) await this.#readFrom(topics);
    const limit = performance.now() + limitMs;
    while ([...ends].some(([key, { low, high }]) => high > low && (this.#read.get(key) ?? 0n) < high)) {
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

  async close() {
    await this.#consumer?.disconnect();
    await this.#admin?.deleteGroups([this.#groupId]).catch(() => undefined);
    await this.#admin?.disconnect();
  }

  async #connectAdmin() {
    const admin = this.#kafka.admin();
    await admin.connect();
    return admin;
  }

  /** New topics appeared: reads all of them from their beginning. */
  async #readFrom(topics) {
    await this.#consumer?.disconnect();
    this.#known = topics;
    this.#read.clear();
    this.records = [];
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
        const { topic, partition } = batch;
        const key = `${topic}/${partition}`;
        for (const message of batch.messages) {
          const offset = BigInt(message.offset);
          // A reader that joins again may be given again what it has had.
          if (offset < (this.#read.get(key) ?? 0n)) continue;
          this.records.push({ topic, partition, offset, key: String(message.key), value: String(message.value) });
          this.#read.set(key, offset + 1n);
        }
        this.#waiting();
        await heartbeat();
      },
    });
  }
}
