import type { StoredEvent } from '@app/event-store';
import { byPlace } from '../postgres/event-log.js';
import { type Row, type Transaction, writtenTo } from '../postgres/engine.js';
import { Violation, type World } from '../world.js';
import type { Sent } from './clients.js';
import {
  foldTally,
  foldTotal,
  HOME,
  isPublic,
  LOG,
  type StepData,
  type TallyRow,
  teamOf,
  topicOf,
  type TotalRow,
} from './register.js';

interface LogRow extends Row {
  id: string;
  xid: number;
  gp: number;
  stream: string;
  version: number;
  type: string;
  data: StepData;
}

/** Everything committed in the log, in the log's order. */
export function logOf(world: World): LogRow[] {
  return (world.db.committed(`${LOG}.events`) as LogRow[]).sort(byPlace);
}

/** Which events concern which reader. */
export const interests: Readonly<Record<string, readonly string[]>> = {
  'reader.tallies': ['intake.tips'],
  'reader.totals': ['intake.tips', 'intake.cases'],
};

export function concerns(consumer: string, { stream, type }: Pick<LogRow, 'stream' | 'type'>): boolean {
  const topic = topicOf(stream);
  return topic !== undefined && isPublic(type) && (interests[consumer] ?? []).includes(topic);
}

/** A checkpoint that has become visible. */
export interface Checkpoint {
  consumer: string;
  source: string;
  position: { xid: string; gp: string; offset?: string };
}

/** Told of every checkpoint of a schema at the moment at which it becomes visible; null when some were lost. */
export function watch(world: World, schemas: readonly string[], told: (checkpoint: Checkpoint | null) => void): void {
  const { db } = world;
  db.onLost = () => told(null);
  db.onCommit = (tx: Transaction) => {
    for (const schema of schemas) {
      for (const row of writtenTo(tx, `${schema}.checkpoints`)) if (row['position']) told(row as unknown as Checkpoint);
    }
  };
}

/** Ids of the events that a consumer has handled or parked. */
export function handledBy(world: World, consumer: string): Set<string> {
  const done = new Set<string>();
  for (const row of world.db.committed(`${HOME}.seen`)) if (row['consumer'] === consumer) done.add(row['id'] as string);
  for (const row of world.db.committed(`${HOME}.parked_events`)) {
    if (row['consumer'] === consumer) done.add((row['event'] as StoredEvent).id);
  }
  return done;
}

/** No transaction still runs that could put an event at or before this place. */
export function checkGate(world: World, { consumer, position }: Checkpoint): void {
  for (const xid of world.db.snapshot().active) {
    if (xid <= Number(position.xid)) {
      throw new Violation('I7', `${consumer} has passed ${position.xid} while transaction ${xid} still runs`);
    }
  }
}

/**
 * While it runs: what a checkpoint has passed in the log is handled or parked, and no transaction still runs that could
 * put an event before it; and it goes forward only: two that write it in turns do not (I7).
 */
export function watchCheckpoints(world: World): void {
  const passed = new Map<string, Row>();
  watch(world, [HOME], (checkpoint) => {
    if (!checkpoint) {
      passed.clear();
      return;
    }
    const { consumer, position } = checkpoint;
    checkGate(world, checkpoint);
    const place: Row = { xid: Number(position.xid), gp: Number(position.gp) };
    const from = passed.get(consumer) ?? { xid: 0, gp: 0 };
    if (byPlace(place, from) < 0) {
      throw new Violation('I7', `${consumer} went back from ${from.xid}.${from.gp} to ${place.xid}.${place.gp}`);
    }
    const done = handledBy(world, consumer);
    for (const event of logOf(world)) {
      if (byPlace(event, from) <= 0) continue;
      if (byPlace(event, place) > 0) break;
      if (concerns(consumer, event) && !done.has(event.id)) {
        throw new Violation('I7', `${consumer} has passed ${event.stream} ${event.version} without handling it`);
      }
    }
    passed.set(consumer, place);
  });
}

/** Whether every reader has handled everything there is. */
export function hasConverged(world: World): boolean {
  if (world.db.committed(`${HOME}.parked_streams`).length > 0) return false;
  const seen = new Set(
    world.db.committed(`${HOME}.seen`).map(({ consumer, id }) => `${String(consumer)} ${String(id)}`),
  );
  return logOf(world).every((event) =>
    Object.keys(interests).every((consumer) => !concerns(consumer, event) || seen.has(`${consumer} ${event.id}`)),
  );
}

/** An event and a reader that has not handled it. */
export function unread(world: World): string {
  for (const consumer of Object.keys(interests)) {
    const done = handledBy(world, consumer);
    const event = logOf(world).find((one) => concerns(consumer, one) && !done.has(one.id));
    if (event) return `${event.stream} ${event.version} (${event.xid}.${event.gp}) of ${consumer}`;
  }
  return 'nothing';
}

/** The log against the clients' own records: I1 to I4, and gapless register numbers. */
export function checkLog(world: World, sent: readonly Sent[]): void {
  const log = logOf(world);
  const fail = (invariant: string, message: string): never => {
    throw new Violation(invariant, message);
  };
  const versions = new Map<string, number>();
  for (const event of [...log].sort((a, b) => a.version - b.version)) {
    const next = (versions.get(event.stream) ?? 0) + 1;
    if (event.version !== next) fail('I3', `${event.stream} goes on with version ${event.version}, not ${next}`);
    versions.set(event.stream, next);
  }
  const place = new Map<string, LogRow>();
  for (const event of log) {
    const { stream, version } = event;
    const before = place.get(stream);
    if (before && before.version > version) fail('I5', `${stream} ${version} lies after ${before.version} in the log`);
    place.set(stream, event);
  }
  const commands = new Map(sent.map((command) => [command.id, command]));
  const byCommand = new Map<string, LogRow[]>();
  for (const event of log) {
    if (!commands.has(event.data.command)) fail('I2', `${event.stream} ${event.version} belongs to no command`);
    byCommand.set(event.data.command, [...(byCommand.get(event.data.command) ?? []), event]);
    const { seen, index } = event.data;
    if (seen >= 0 && event.version !== seen + index + 1) {
      fail('I3', `${event.stream} ${event.version} was decided on version ${seen}`);
    }
  }
  for (const command of sent) {
    const events = (byCommand.get(command.id) ?? []).sort((a, b) => a.version - b.version);
    if (events.length > 0 && events.length !== command.amounts.length) {
      const invariant = events.length > command.amounts.length ? 'I4' : 'I2';
      fail(invariant, `${command.id} wrote ${events.length} events, not ${command.amounts.length}`);
    }
    if (command.outcome === 'refused' && events.length > 0) fail('I2', `${command.id} was refused and has written`);
    if (command.outcome === 'nothing' && events.length > 0) fail('I2', `${command.id} wrote after it had nothing to`);
    if (command.outcome === 'done' && events.length === 0) fail('I1', `${command.id} was acknowledged and is lost`);
    for (const { id, stream, version } of command.answer ?? []) {
      if (!events.some((event) => event.id === id && event.stream === stream && event.version === version)) {
        fail('I1', `${command.id} was answered with ${stream} ${version}, which is not there`);
      }
    }
  }
  checkNumbers(log, commands);
}

function checkNumbers(log: readonly LogRow[], commands: ReadonlyMap<string, Sent>): void {
  const given = new Map<string, number[]>();
  for (const { data } of log) {
    if (!data.place) continue;
    const series = commands.get(data.command)?.series ?? 'none';
    given.set(series, [...(given.get(series) ?? []), data.place.number]);
  }
  for (const [series, numbers] of given) {
    numbers.sort((a, b) => a - b);
    numbers.forEach((number, index) => {
      if (number !== index + 1) {
        throw new Violation('I4', `series ${series}: number ${number} stands where ${index + 1} belongs`);
      }
    });
  }
}

/** The read models against a pure fold of the log (I6), and no event without effect (I7). */
export function checkReaders(world: World): void {
  const log = logOf(world);
  const tallies = new Map<string, TallyRow>();
  const totals = new Map<string, TotalRow>();
  for (const event of log) {
    const stored = event as unknown as StoredEvent;
    if (concerns('reader.tallies', event)) tallies.set(event.stream, foldTally(tallies.get(event.stream), stored));
    if (concerns('reader.totals', event)) {
      const team = teamOf(event.stream);
      totals.set(team, foldTotal(totals.get(team), stored));
    }
  }
  compare(world, 'tallies', 'stream', tallies);
  compare(world, 'totals', 'team', totals);
  if (!hasConverged(world)) throw new Violation('I7', 'an event was never handled');
}

function compare(world: World, table: string, key: string, expected: ReadonlyMap<string, Row>): void {
  const rows = new Map(world.db.committed(`${HOME}.${table}`).map((row) => [String(row[key]), row]));
  if (rows.size !== expected.size) {
    throw new Violation('I6', `${table} has ${rows.size} rows, a fold of the log gives ${expected.size}`);
  }
  for (const [id, want] of expected) {
    const row = rows.get(id);
    for (const [column, value] of Object.entries(want)) {
      if (row?.[column] !== value) {
        throw new Violation(
          'I6',
          `${table} ${id}: ${column} is ${String(row?.[column])}, the log says ${String(value)}`,
        );
      }
    }
  }
}
