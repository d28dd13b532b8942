/** I5 and I7: the logs against the topics, the checkpoints against both. */
import { topicOf } from './read-databases.mjs';

/** What a relay sends in one request, values alone: what one death of its service may bring to the bus a second time. */
const ONE_BATCH_BYTES = 900_000;

const isAfter = (a, b) => BigInt(a.xid) > BigInt(b.xid) || (a.xid === b.xid && BigInt(a.gp) > BigInt(b.gp));

/**
 * @param {object} input
 * @param {Awaited<ReturnType<import('./read-databases.mjs').DatabaseReader['read']>>} input.databases
 * @param {import('./read-topics.mjs').TopicReader['partitions']} input.partitions
 * @param {Map<string, {low: bigint, high: bigint}>} input.ends
 * @param {string[]} input.mayBeParked  streams that a drill has poisoned on purpose
 * @param {{service: string, at: number}[]} [input.deaths]  of services, in their order
 */
export function checkBus({ databases, partitions, ends, mayBeParked, deaths = [] }) {
  const faults = [];
  const fault = (invariant, what, where) => faults.push({ invariant, what, where });
  const expected = new Map();
  for (const [service, { events }] of Object.entries(databases.logs)) {
    for (const event of events) {
      const topic = topicOf(service, event.stream);
      if (topic === undefined) continue;
      const { stream, version, type, said } = event;
      expected.set(event.id, { stream, version, type, said, topic });
    }
  }
  const { repeated, lastFirsts } = checkRecords(partitions, expected, fault);
  const mostAfterDeath = checkRepeats(repeated, deaths, fault);
  checkCheckpoints({ databases, ends, lastFirsts, fault });
  for (const { service, consumer, stream, version, error } of databases.parked) {
    if (mayBeParked.includes(stream)) continue;
    fault('I7', `${consumer} has parked a stream: ${error}`, `${service} ${stream} #${version}`);
  }
  return { faults, repeats: repeated.length, mostAfterDeath };
}

/**
 * What came a second time after the death of a service, from its relay's last checkpoint on, is one batch at most.
 * @param {{service: string, at: number, bytes: number}[]} repeated  records that were on the bus before
 * @returns {{events: number, bytes: number}} the most that came after one death
 */
function checkRepeats(repeated, deaths, fault) {
  const after = new Map(deaths.map((death) => [death, { events: 0, bytes: 0 }]));
  for (const { service, at, bytes } of repeated) {
    const death = deaths.findLast((one) => one.service === service && one.at <= at);
    if (!death) continue;
    const sum = after.get(death);
    sum.events += 1;
    sum.bytes += bytes;
  }
  let most = { events: 0, bytes: 0 };
  for (const [{ service }, sum] of after) {
    if (sum.bytes > most.bytes) most = sum;
    if (sum.events > 1 && sum.bytes > ONE_BATCH_BYTES) {
      fault('I5', `${sum.events} events (${sum.bytes} bytes) came twice after one death, more than a batch`, service);
    }
  }
  return most;
}

function checkRecords(partitions, expected, fault) {
  const homes = new Map();
  const seen = new Set();
  const last = new Map();
  const repeated = [];
  /** Offset after the last record of each partition that is no repeat. */
  const lastFirsts = new Map();
  for (const [place, records] of [...partitions].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const topic = place.slice(0, place.lastIndexOf('/'));
    for (const { offset, key, id, version, type, said, at, bytes } of records) {
      const where = `${place}@${offset}`;
      const event = id === undefined ? undefined : expected.get(id);
      if (!event) {
        fault('I5', 'a record is not an event of any log', where);
        continue;
      }
      if (topic !== event.topic || key !== event.stream || version !== event.version) {
        fault('I5', `a record says ${key} #${version} on ${topic}, the log ${event.stream} #${event.version}`, where);
      }
      if (type !== event.type || said !== event.said) fault('I5', 'a record says something else than the log', where);
      const stream = `${topic} ${key}`;
      const home = homes.get(stream) ?? place;
      homes.set(stream, home);
      if (home !== place) fault('I5', `records of ${key} lie in ${home} and ${place}`, where);
      if (seen.has(id)) {
        repeated.push({ service: topic.slice(0, topic.indexOf('.')), at, bytes });
        continue;
      }
      seen.add(id);
      lastFirsts.set(place, offset + 1n);
      const before = last.get(stream) ?? 0;
      if (event.version !== before + 1) fault('I5', `of ${key} version ${event.version} came after ${before}`, where);
      last.set(stream, Math.max(before, event.version));
    }
  }
  for (const [id, { topic, stream, version }] of expected) {
    if (!seen.has(id)) fault('I5', 'an event is not on the bus', `${topic} ${stream} #${version}`);
  }
  return { repeated, lastFirsts };
}

/** The service whose log a checkpoint is a place of, or undefined for one of a topic. */
const logOf = (service, consumer, source) =>
  /^log:(.+)$/.exec(source)?.[1] ?? (consumer === 'kafka-relay' ? service : undefined);

/**
 * Who seems not to stand at the end of what it reads. Only a hint of when to look: what stands still too early is found by
 * the look, and what does not come to the end too.
 * @param {object} state
 * @param {Record<string, {xid: string, gp: string} | undefined>} state.heads  last event of each log
 * @param {{service: string, consumer: string, source: string, position: any}[]} state.checkpoints
 * @param {Map<string, bigint>} state.lastFirsts
 * @returns {string[]} consumers with their sources
 */
export function whoIsBehind({ heads, checkpoints, lastFirsts }) {
  return checkpoints
    .filter(({ service, consumer, source, position }) => {
      // Readers of their own log stand at the last event that concerns them: where that is, they alone know.
      if (source.startsWith('log:')) return false;
      const home = logOf(service, consumer, source);
      if (home !== undefined) return heads[home] !== undefined && (!position || isAfter(heads[home], position));
      const partition = /^kafka:[^:]*:(.+)$/.exec(source)?.[1];
      return BigInt(position?.offset ?? 0) < (lastFirsts.get(partition) ?? 0n);
    })
    .map(({ consumer, source }) => `${consumer} ${source}`);
}

function checkCheckpoints({ databases: { logs, checkpoints }, ends, lastFirsts, fault }) {
  const heads = Object.fromEntries(Object.entries(logs).map(([service, { events }]) => [service, events.at(-1)]));
  for (const { service, consumer, source, position } of checkpoints) {
    const where = `${consumer} ${source}`;
    const home = logOf(service, consumer, source);
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
