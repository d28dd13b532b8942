import { RecentMap, type LogPosition, type TextLogPage } from '@app/event-store';
import kafkajs, { type PartitionMetadata } from 'kafkajs';
import { topicFinder } from '../topics.js';
import type { TopicSource } from '../types.js';
import { structuredContentType } from './envelope.js';
import type { Sendable } from './read-ahead.js';

const streamsKept = 4_096;
const recordHeaders = { 'content-type': Buffer.from(structuredContentType) };

export interface RelayEncoderOptions {
  service: string;
  topics: readonly TopicSource[];
  isPublic: (type: string) => boolean;
  /** Of every topic. */
  partitions: number;
  /** Most bytes of values in one request, unless one event alone is larger. */
  maxBytes: number;
}

/** Makes pages of a log into requests to the brokers: what leaves the service, to which partition, in which form. */
export class RelayEncoder {
  private readonly topicOf: (stream: string) => string | undefined;
  private readonly choosePartition = kafkajs.Partitioners.DefaultPartitioner();
  private readonly partitions: PartitionMetadata[];
  /** Of the streams relayed last: a stream's events mostly come in some number, and hashing its name costs more. */
  private readonly chosen = new RecentMap<string, number>(streamsKept);

  constructor(private readonly options: RelayEncoderOptions) {
    this.topicOf = topicFinder(options.topics, options.service);
    this.partitions = Array.from({ length: options.partitions }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
  }

  /** A page in its order, its texts the records' values (`cloudEventSql`), cut by size. Private events give no record but move the place. */
  encode(page: TextLogPage): Sendable[] {
    const sendables: Sendable[] = [];
    let current: Sendable | null = null;
    const open = (next: LogPosition): Sendable => {
      const opened = { records: [], bytes: 0, next, incarnation: page.incarnation };
      sendables.push(opened);
      return opened;
    };
    for (const event of page.events) {
      const topic = this.topicOf(event.stream);
      if (topic === undefined || !this.options.isPublic(event.type)) {
        current ??= open(event.position);
        current.next = event.position;
        continue;
      }
      const value = event.text;
      const size = Buffer.byteLength(value);
      if (!current || (current.bytes > 0 && current.bytes + size > this.options.maxBytes)) {
        current = open(event.position);
      }
      const partition = this.partitionOf(topic, event.stream);
      current.records.push({
        topic,
        partition,
        message: { key: event.stream, value, headers: recordHeaders, partition },
      });
      current.bytes += size;
      current.next = event.position;
    }
    return sendables;
  }

  /** The partition that every Kafka client chooses for this key by default (murmur2). */
  private partitionOf(topic: string, key: string): number {
    const known = this.chosen.get(key);
    if (known !== undefined) return known;
    const partition = this.choosePartition({
      topic,
      partitionMetadata: this.partitions,
      message: { key, value: null },
    });
    this.chosen.set(key, partition);
    return partition;
  }
}
