/** I5 and I7: the logs against the topics, the checkpoints against both. */
import { topicOf } from './read-databases.mjs';

const canonical = (value) => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${members
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join()}}`;
};

const isAfter = (a, b) => BigInt(a.xid) > BigInt(b.xid) || (a.xid === b.xid && BigInt(a.gp) > BigInt(b.gp));

/**
 * @param {object} input
 * @param {Awaited<ReturnType<typeof import('./read-databases.mjs').readDatabases>>} input.databases
 * @param {import('./read-topics.mjs').TopicReader['records']} input.records
 * @param {Map<string, {low: bigint, high: bigint}>} input.ends
 * @param {string[]} input.mayBeParked  streams that a drill has poisoned on purpose
 */
export function checkBus({ databases, records, ends, mayBeParked }) {
  const faults = [];
  const fault = (invariant, what, where) => faults.push({ invariant, what, where });
  const expected = new Map();
  for (const [service, { events }] of Object.entries(databases.logs)) {
    for (const event of events) {
      const topic = topicOf(service, event.stream);
      if (topic !== undefined) expected.set(event.id, { ...event, topic });
    }
  }
  const { repeats, lastFirsts } = checkRecords(records, expected, fault);
  checkCheckpoints({ databases, ends, lastFirsts, fault });
  for (const { service, consumer, stream, version, error } of databases.parked) {
    if (mayBeParked.includes(stream)) continue;
    fault('I7', `${consumer} has parked a stream: ${error}`, `${service} ${stream} #${version}`);
  }
  return { faults, repeats };
}

function checkRecords(records, expected, fault) {
  const partitions = new Map();
  const seen = new Set();
  const last = new Map();
  let repeats = 0;
  /** Offset after the last record of each partition that is no repeat. */
  const lastFirsts = new Map();
  const inOrder = [...records].sort(
    (a, b) =>
      (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) ||
      a.partition - b.partition ||
      (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0),
  );
  for (const { topic, partition, offset, key, value } of inOrder) {
    const where = `${topic}/${partition}@${offset}`;
    const envelope = parsed(value);
    const event = envelope && expected.get(envelope.id);
    if (!event) {
      fault('I5', 'a record is not an event of any log', where);
      continue;
    }
    if (topic !== event.topic || key !== event.stream || envelope.streamversion !== event.version) {
      fault(
        'I5',
        `a record says ${key} #${envelope.streamversion} on ${topic}, the log ${event.stream} #${event.version}`,
        where,
      );
    }
    if (envelope.type !== event.type || canonical(envelope.data) !== canonical(event.data)) {
      fault('I5', 'a record says something else than the log', where);
    }
    const home = partitions.get(`${topic} ${key}`) ?? partition;
    partitions.set(`${topic} ${key}`, home);
    if (home !== partition) fault('I5', `records of ${key} lie in partitions ${home} and ${partition}`, where);
    if (seen.has(envelope.id)) {
      repeats += 1;
      continue;
    }
    seen.add(envelope.id);
    lastFirsts.set(`${topic}/${partition}`, offset + 1n);
    const before = last.get(`${topic} ${key}`) ?? 0;
    if (event.version !== before + 1) {
      fault('I5', `of ${key} version ${event.version} came after ${before}`, where);
    }
    last.set(`${topic} ${key}`, Math.max(before, event.version));
  }
  for (const [id, { topic, stream, version }] of expected) {
    if (!seen.has(id)) fault('I5', 'an event is not on the bus', `${topic} ${stream} #${version}`);
  }
  return { repeats, lastFirsts };
}

function checkCheckpoints({ databases: { logs, checkpoints }, ends, lastFirsts, fault }) {
  const heads = Object.fromEntries(Object.entries(logs).map(([service, { events }]) => [service, events.at(-1)]));
  for (const { service, consumer, source, position } of checkpoints) {
    const where = `${consumer} ${source}`;
    const home = /^log:(.+)$/.exec(source)?.[1] ?? (consumer === 'kafka-relay' ? service : undefined);
    if (home !== undefined) {
      const head = heads[home];
      if (position && (!head || isAfter(position, head))) {
        fault('I7', `a checkpoint stands at ${position.xid}.${position.gp}, behind the end of the log`, where);
      }
      continue;
    }
    const partition = /^kafka:[^:]*:(.+)$/.exec(source)?.[1];
    const end = ends.get(partition);
    if (end === undefined) continue;
    const offset = BigInt(position?.offset ?? 0);
    if (offset > end.high) fault('I7', `a checkpoint stands at ${offset}, the topic ends at ${end.high}`, where);
    // A place behind repeats alone may be forgotten in a crash: nothing is left to be done there.
    const needed = lastFirsts.get(partition) ?? 0n;
    if (offset < needed) fault('I7', `a consumer stands at ${offset} and does not come to ${needed}`, where);
  }
}

function parsed(value) {
  try {
    return JSON.parse(value);
  } catch {
    // Not JSON is not an event: the caller says so.
    return undefined;
  }
}
