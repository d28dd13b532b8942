import { CATEGORIES } from '@app/contracts';
import { createPool, eventStoreMigrations, migrate, uuidv7, type EventMeta } from '@app/event-store';
import type { Pool } from 'pg';
import { logNormalSizes, randomFrom, seedOf, textOf, zipf } from '../../harness/random.js';
import type { Check } from '../../harness/types.js';

export interface EventShape {
  type: string;
  data: Record<string, unknown>;
}

/** Where a worker writes next: a tip of 3 to 12 events, then the next tip. */
export interface Place {
  stream: string;
  version: number;
}

const UNITS = 200;
const PREPARED = 512;

/** Events of tips as the desk makes them, some hundred bytes each; made before the round so that making them costs nothing. */
export function eventsFrom(seed: number): EventShape[] {
  const random = randomFrom(seedOf(seed, 'events'));
  const unit = zipf(UNITS, random);
  const category = zipf(CATEGORIES.length, random);
  const size = logNormalSizes(random, 256);
  return Array.from({ length: PREPARED }, () => ({
    type: 'CrimeTipReceived',
    data: {
      tipId: uuidv7(new Date(Date.UTC(2026, 0, 5))),
      unitCode: `PC-80-${25_000 + unit()}`,
      supervisedBy: 'VKS-80',
      kind: 'denunciation',
      channel: 'counter',
      receivedAt: '2026-01-05T08:00:00+07:00',
      category: CATEGORIES[category()]!,
      offence: { article: 173, clause: 1 },
      informantGiven: true,
      content: textOf(size(), random),
    },
  }));
}

export const META: Omit<EventMeta, 'recordedAt'> = {
  actor: { id: 'canbo-80-25459', role: 'intake_officer', unit: 'PC-80-25459' },
  correlationId: '019b8bab-0680-7d05-b146-26feed4edc2e',
  causationId: null,
  happenedAt: '2026-01-05T08:00:00+07:00',
  source: 'ui',
};

/** The next place of each worker; new tips get names that no other worker, round or variant of a database has. */
export function placesOf(workers: number, seed: number): (worker: number, events: number) => Place {
  const random = randomFrom(seedOf(seed, 'places'));
  const run = random.below(2 ** 31).toString(16);
  let tips = 0;
  const places = Array.from({ length: workers }, () => ({ stream: '', version: 0, length: 0 }));
  return (worker, events) => {
    const place = places[worker]!;
    if (place.version >= place.length) {
      tips += 1;
      place.stream = `crime-tip-${run.padStart(8, '0')}-0680-7d05-b146-${String(tips).padStart(12, '0')}`;
      place.version = 0;
      place.length = (3 + random.below(10)) * events;
    }
    const before = { stream: place.stream, version: place.version };
    place.version += events;
    return before;
  };
}

/** A fresh database with the event log of a service in schema `intake`. */
export async function logDatabase(url: string, max: number): Promise<Pool> {
  const pool = createPool(url, { max, applicationName: 'bench' });
  await migrate(pool, 'intake', eventStoreMigrations('intake'));
  return pool;
}

/** All events are there, and no stream has a gap. */
export async function checkLog(pool: Pool, expected: number, table = 'intake.events'): Promise<Check> {
  const { rows } = await pool.query<{ events: number; holes: number }>(
    `SELECT coalesce(sum(n), 0)::int AS events, count(*) FILTER (WHERE last <> n)::int AS holes
     FROM (SELECT max(version) AS last, count(*) AS n FROM ${table} GROUP BY stream) s`,
  );
  const { events, holes } = rows[0]!;
  return { ok: events === expected && holes === 0, events, expected, holes };
}
