import { checkGate, handledBy, logOf, watch } from '../log/checks.js';
import { HOME, isPublic, LOG, topicOf } from '../log/register.js';
import { byPlace } from '../postgres/event-log.js';
import type { Row } from '../postgres/engine.js';
import { Violation, type World } from '../world.js';
import type { Cluster, StoredRecord } from './broker.js';

interface Wire {
  id: string;
  type: string;
  subject: string;
  streamversion: number;
  /** `xid.gp` */
  logposition: string;
}

const parsed = new WeakMap<StoredRecord, Wire>();
function wireOf(record: StoredRecord): Wire {
  let wire = parsed.get(record);
  if (!wire) parsed.set(record, (wire = JSON.parse(record.value.toString('utf8')) as Wire));
  return wire;
}

function* recordsOf(cluster: Cluster): Generator<Wire> {
  for (const partitions of cluster.topics.values()) {
    for (const records of partitions) for (const record of records) yield wireOf(record);
  }
}

/**
 * While it runs: what the relay's checkpoint has passed is on the topics, what a consumer's has passed in a partition is
 * handled or parked (I5, I7).
 */
export function watchKafka(world: World, cluster: Cluster): void {
  const relayed = new Set<string>();
  let passed: Row = { xid: 0, gp: 0 };
  const read = new Map<string, number>();
  watch(world, [HOME, LOG], (checkpoint) => {
    if (!checkpoint) {
      read.clear();
      passed = { xid: 0, gp: 0 };
      return;
    }
    const { consumer, source, position } = checkpoint;
    if (consumer === 'kafka-relay') {
      checkGate(world, checkpoint);
      for (const { id } of recordsOf(cluster)) relayed.add(id);
      const place: Row = { xid: Number(position.xid), gp: Number(position.gp) };
      for (const event of logOf(world)) {
        if (byPlace(event, passed) <= 0) continue;
        if (byPlace(event, place) > 0) break;
        if (topicOf(event.stream) !== undefined && isPublic(event.type) && !relayed.has(event.id)) {
          throw new Violation('I5', `the relay has passed ${event.stream} ${event.version} without sending it`);
        }
      }
      passed = place;
      return;
    }
    const key = source.slice(`kafka:${cluster.id}:`.length);
    const slash = key.lastIndexOf('/');
    const records = cluster.partition(key.slice(0, slash), Number(key.slice(slash + 1)));
    const until = Number(position.offset);
    const done = handledBy(world, consumer);
    for (let offset = read.get(`${consumer} ${key}`) ?? 0; offset < until; offset += 1) {
      const { id, subject, streamversion } = wireOf(records[offset] as StoredRecord);
      if (!done.has(id)) {
        throw new Violation('I7', `${consumer} has passed ${subject} ${streamversion} (${key} at ${offset}) unhandled`);
      }
    }
    read.set(`${consumer} ${key}`, until);
  });
}

/**
 * While it runs: what lies on the topics and not behind the relay's checkpoint, so that a relay which died now would send
 * it twice, is one batch at most (bytes of values), or one event (I5).
 */
export function watchRepeats(world: World, cluster: Cluster, batchBytes: number): void {
  cluster.onProduced = () => {
    const [checkpoint] = world.db.committed(`${LOG}.checkpoints`).filter(({ consumer }) => consumer === 'kafka-relay');
    const { xid, gp } = (checkpoint?.['position'] ?? { xid: '0', gp: '0' }) as { xid: string; gp: string };
    const saved: Row = { xid: Number(xid), gp: Number(gp) };
    const again = new Map<string, number>();
    for (const partitions of cluster.topics.values()) {
      for (const record of partitions.flat()) {
        const { id, logposition } = wireOf(record);
        const [itsXid, itsGp] = logposition.split('.').map(Number);
        if (byPlace({ xid: itsXid, gp: itsGp }, saved) > 0) again.set(id, record.value.length);
      }
    }
    const bytes = [...again.values()].reduce((sum, one) => sum + one, 0);
    if (again.size > 1 && bytes > batchBytes) {
      // Thrown here it would be an answer of the brokers.
      const what = `a relay that died now would repeat ${again.size} events, ${bytes} bytes`;
      world.scheduler.fail(new Violation('I5', what));
    }
  };
}

/** At the end: every public event is on its topic, and each stream's events first came in their order (I5). */
export function checkTopics(world: World, cluster: Cluster): void {
  const first = new Map<string, number>();
  const there = new Set<string>();
  for (const { id, subject, streamversion, type } of recordsOf(cluster)) {
    if (!isPublic(type)) throw new Violation('I5', `${subject} ${streamversion} is private and was sent`);
    if (there.has(id)) continue;
    there.add(id);
    if ((first.get(subject) ?? 0) > streamversion) {
      throw new Violation('I5', `${subject} ${streamversion} was sent after ${first.get(subject)}`);
    }
    first.set(subject, streamversion);
  }
  const log = logOf(world);
  const logged = new Set(log.map(({ id }) => id));
  for (const id of there) if (!logged.has(id)) throw new Violation('I2', `event ${id} was sent and is not in the log`);
  for (const event of log) {
    if (topicOf(event.stream) !== undefined && isPublic(event.type) && !there.has(event.id)) {
      throw new Violation('I5', `${event.stream} ${event.version} was never sent`);
    }
  }
}
