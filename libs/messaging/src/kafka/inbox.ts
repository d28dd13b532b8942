import { comparePositions, LogIncarnationChanged, type LogPosition, type Upcasters } from '@app/event-store';
import type { KafkaMessage } from 'kafkajs';
import type { SourceBatch } from '../delivery/delivery.js';
import type { DeliveredEvent } from '../types.js';
import { fromCloudEvent } from './envelope.js';

/** Where a consumer stands in one partition; as stored in the checkpoint. */
export interface Place {
  /** Offset of the next record. */
  offset: string;
  /** Place of the last event in its service's log; a record at or before it is a repeat of the relay. */
  xid: string;
  gp: string;
  incarnation: string;
}

/** Events of one partition that wait to be handled. */
interface Arrived {
  key: string;
  events: DeliveredEvent[];
  /** Where the partition stands once they are handled. */
  place: Place;
}

/** What is handled in one transaction: the waiting events of all partitions, up to a number. */
export interface Handful {
  places: Map<string, Place>;
  events: Map<string, DeliveredEvent[]>;
}

/**
 * What has been read from the partitions and is not handled yet. Reading goes on while a transaction runs, and
 * whatever has come by then is handled together, whichever partitions it comes from: a transaction for every partition
 * of a fetch would make a trickle of events cost as much as a flood.
 */
export class Inbox {
  private readonly arrived: Arrived[] = [];
  /** How far each partition has been read; null = from the beginning. */
  private readonly read = new Map<string, Place | null>();
  private events = 0;

  constructor(private readonly upcasters: Upcasters) {}

  /** Events that wait. */
  get size(): number {
    return this.events;
  }

  get isEmpty(): boolean {
    return this.arrived.length === 0;
  }

  has(key: string): boolean {
    return this.read.has(key);
  }

  /** Forget everything and read these partitions from here. */
  restart(places: ReadonlyMap<string, Place | null>): void {
    this.arrived.length = 0;
    this.events = 0;
    this.read.clear();
    for (const [key, place] of places) this.read.set(key, place);
  }

  /** A partition was lost: nothing of it is handled any more. */
  drop(key: string): void {
    this.read.delete(key);
    const kept = this.arrived.filter((some) => some.key !== key);
    this.arrived.splice(0, this.arrived.length, ...kept);
    this.events = kept.reduce((sum, { events }) => sum + events.length, 0);
  }

  /** Offset of the record that must come next. */
  nextOffset(key: string): bigint {
    return BigInt(this.read.get(key)?.offset ?? 0);
  }

  /**
   * Records as they follow each other in a partition that is being read (`has`), from `nextOffset` on at the latest.
   * @param key `topic/partition`
   * @throws LogIncarnationChanged, or an error with code `NotOurEvent`
   */
  add(key: string, messages: readonly KafkaMessage[]): void {
    const topic = key.slice(0, key.lastIndexOf('/'));
    const next = this.nextOffset(key);
    const overlaps = BigInt(messages[0]?.offset ?? next) < next;
    const before = this.read.get(key) ?? null;
    let at: LogPosition | null = before;
    let log = before?.incarnation;
    let offset: string | null = null;
    const events: DeliveredEvent[] = [];
    for (const message of messages) {
      if (overlaps && BigInt(message.offset) < next) continue;
      const { event, incarnation } = fromCloudEvent(message.value, topic, this.upcasters);
      if (log !== undefined && log !== incarnation) throw new LogIncarnationChanged(key, log, incarnation);
      log = incarnation;
      offset = message.offset;
      // At or before the last: the relay sent this before and did not learn that it had arrived.
      if (at && comparePositions(event.position, at) <= 0) continue;
      events.push(event);
      at = event.position;
    }
    if (offset === null || at === null || log === undefined) return;
    const place: Place = { offset: String(BigInt(offset) + 1n), xid: at.xid, gp: at.gp, incarnation: log };
    this.read.set(key, place);
    this.arrived.push({ key, events, place });
    this.events += events.length;
  }

  /** The next to be handled together, oldest first, at most `limit` events unless one arrival alone has more. */
  take(limit: number): Handful {
    const handful: Handful = { places: new Map(), events: new Map() };
    let taken = 0;
    let count = 0;
    for (const { key, events, place } of this.arrived) {
      if (taken > 0 && count + events.length > limit) break;
      taken += 1;
      count += events.length;
      handful.places.set(key, place);
      const before = handful.events.get(key);
      if (before) before.push(...events);
      else handful.events.set(key, events);
    }
    this.arrived.splice(0, taken);
    this.events -= count;
    return handful;
  }
}

/** A handful as deliveries; `sourceOf` names a partition's checkpoint. */
export function asBatches(handful: Handful, sourceOf: (key: string) => string): SourceBatch[] {
  return [...handful.places].map(([key, place]) => ({
    source: sourceOf(key),
    events: handful.events.get(key) ?? [],
    position: { ...place },
  }));
}
