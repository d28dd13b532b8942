import type { Pool } from 'pg';
import { createPool, EventStore, eventStoreMigrations, migrate } from '@app/event-store';
import { messagingMigrations, type DeliveredEvent, type MessagingLogger, type TopicSource } from '@app/messaging';
import { logNormalSizes, randomFrom, textOf, zipf } from '../../harness/random.js';

/** What the workloads of the bus share: a service's log full of tips, a consumer's read model, a quiet logger. */

export const PARTITIONS = 12;
export const TOPIC_OPTIONS = { partitions: PARTITIONS, replicationFactor: 1 };
export const STREAM_PREFIX = 'tip-';

/** Faults would be seen as missing events by the check; what is only retried is told. */
export const logger: MessagingLogger = {
  info: () => undefined,
  warn: (message, fields) => console.error(`  ${message} ${JSON.stringify(fields ?? {})}`),
  error: (message, fields) => console.error(`  ${message} ${JSON.stringify(fields ?? {})}`),
};

export const topicSource = (topic: string): TopicSource => ({ topic, service: 'intake', streamPrefix: STREAM_PREFIX });

export const META = {
  actor: { id: 'desk-1', role: 'intake_officer', unit: 'PC-80-25459' },
  correlationId: '019a6a00-0000-7000-8000-000000000001',
  causationId: null,
  happenedAt: '2026-01-05T08:00:00+07:00',
  source: 'ui' as const,
};

/** A log in `intake` and the home of a consumer, `deadlines`, in a database of their own. */
export async function openLog(url: string, connections = 16): Promise<{ pool: Pool; store: EventStore }> {
  const pool = createPool(url, { applicationName: 'bench', max: connections, statementTimeoutMs: 0 });
  await migrate(pool, 'intake', [...eventStoreMigrations('intake'), ...messagingMigrations('intake')]);
  await migrate(pool, 'deadlines', [
    ...messagingMigrations('deadlines'),
    {
      id: 'bench-matters',
      // `events` adds up and `version` is the last one seen: they differ as soon as one event is lost or counted twice.
      sql: `CREATE TABLE deadlines.matters (
        id text PRIMARY KEY, unit text NOT NULL, last_type text NOT NULL, last_at timestamptz NOT NULL,
        bytes integer NOT NULL, events integer NOT NULL, version integer NOT NULL)`,
    },
  ]);
  return { pool, store: new EventStore({ pool, schema: 'intake' }) };
}

const STEPS = [
  'CrimeTipReceived',
  'CrimeTipClassified',
  'CrimeTipAccepted',
  'InvestigatorAssigned',
  'VerificationProlonged',
  'ExtensionRequested',
  'VerificationExtended',
  'VerificationSuspended',
  'VerificationResumed',
  'AssessmentRequested',
  'AssessmentReceived',
  'CriminalCaseInitiated',
];
const STREAMS_AT_ONCE = 500;

/**
 * Fills the log with tips of 3 to 12 events, their texts log-normal about 256 bytes, their units Zipf, 500 tips under
 * way at a time. Straight into the table: what is measured is the way out of it.
 * @returns how many events there are, at least `least`
 */
export async function fillLog(pool: Pool, least: number, seed: number): Promise<number> {
  const random = randomFrom(seed);
  const unit = zipf(200, random);
  const size = logNormalSizes(random, 256, 0.7);
  let tips = 0;
  let events = 0;
  while (events < least) {
    const rows: unknown[] = [];
    const lengths = Array.from({ length: STREAMS_AT_ONCE }, () => 3 + random.below(10));
    for (let step = 0; step < STEPS.length; step += 1) {
      for (const [index, length] of lengths.entries()) {
        if (step >= length) continue;
        const stream = `${STREAM_PREFIX}${tips + index}`;
        const data = { tipId: stream, unitCode: `PC-80-${unit()}`, note: textOf(Math.min(4096, size()), random) };
        rows.push({ stream, version: step + 1, type: STEPS[step], data });
      }
    }
    // 5,000 rows or less a transaction, as an import would write them.
    for (let from = 0; from < rows.length; from += 5_000) {
      await pool.query(
        `INSERT INTO intake.events (id, stream, version, type, event_version, data, meta, recorded_at)
         SELECT uuidv7(), stream, version, type, 1, data, $2::jsonb, now()
         FROM jsonb_to_recordset($1::jsonb) AS r(stream text, version int, type text, data jsonb)`,
        [JSON.stringify(rows.slice(from, from + 5_000)), JSON.stringify(META)],
      );
    }
    tips += STREAMS_AT_ONCE;
    events += rows.length;
  }
  await pool.query('VACUUM ANALYZE intake.events');
  return events;
}

interface Matter {
  unit: string;
  lastType: string;
  lastAt: string;
  bytes: number;
  events: number;
  version: number;
}

/** What a projection needs of an event. */
export type Projected = Pick<DeliveredEvent, 'stream' | 'version' | 'type' | 'data' | 'meta'>;

/** The read model's statement: folded by tip in memory, then one upsert. The same for floor and ours. */
export async function projectMatters(tx: Pick<Pool, 'query'>, batch: readonly Projected[]): Promise<void> {
  const matters = new Map<string, Matter>();
  for (const { stream, version, type, data, meta } of batch) {
    const before = matters.get(stream);
    matters.set(stream, {
      unit: data['unitCode'] as string,
      lastType: type,
      lastAt: meta.happenedAt,
      bytes: (before?.bytes ?? 0) + (data['note'] as string).length,
      events: (before?.events ?? 0) + 1,
      version,
    });
  }
  const rows = [...matters.values()];
  await tx.query({
    name: 'bench-matters',
    text: `INSERT INTO deadlines.matters AS m (id, unit, last_type, last_at, bytes, events, version)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::int[], $6::int[], $7::int[])
      ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, last_type = excluded.last_type, last_at = excluded.last_at,
        bytes = m.bytes + excluded.bytes, events = m.events + excluded.events, version = excluded.version
      WHERE m.version < excluded.version`,
    values: [
      [...matters.keys()],
      rows.map(({ unit }) => unit),
      rows.map(({ lastType }) => lastType),
      rows.map(({ lastAt }) => lastAt),
      rows.map(({ bytes }) => bytes),
      rows.map(({ events }) => events),
      rows.map(({ version }) => version),
    ],
  });
}

/** Whether the read model holds every event once: their number, and each tip's count equal to its last version. */
export async function checkMatters(
  pool: Pool,
  expected: number,
): Promise<{ ok: boolean; events: number; expected: number; wrongTips: number }> {
  const { rows } = await pool.query<{ events: number; wrong: number }>(
    `SELECT coalesce(sum(events), 0)::int AS events, count(*) FILTER (WHERE events <> version)::int AS wrong
     FROM deadlines.matters`,
  );
  const { events, wrong } = rows[0]!;
  return { ok: events === expected && wrong === 0, events, expected, wrongTips: wrong };
}
