import type { Database, Row } from './engine.js';
import { byText, jsonb, type Known, lockSeen, remove, see, update, upsert } from './statements.js';

/** Checkpoints and parked events of one service's consumers. */
export function createDelivery(db: Database, schema: string): void {
  db.create(`${schema}.checkpoints`, [['checkpoints_pkey', ['consumer', 'source']]]);
  db.create(`${schema}.parked_streams`, [['parked_streams_pkey', ['consumer', 'stream']]]);
  db.create(`${schema}.parked_events`, [['parked_events_pkey', ['consumer', 'stream', 'version']]]);
}

const name = '([a-z_]+)';

const nothing = function* (): Generator<never, object> {
  return {};
};

/** The statements of libs/messaging/src/delivery. */
export const deliveryStatements: readonly Known[] = [
  // Taken alone only by a rebuild, which is not simulated: nobody ever waits for it.
  {
    text: /^SELECT pg_advisory_xact_lock_shared\(hashtext\('tinbao\.lock'\), hashtext\('swap /,
    meaning: () => nothing,
  },
  {
    text: /^SELECT pg_try_advisory_lock\(hashtext\('(tinbao\.kafka-relay)'\), hashtext\(\$1\)\) AS taken$/,
    meaning: ([, lock]) =>
      function* ({ db, session, values }) {
        const key = `${lock}/${String(values[0])}`;
        const holder = db.advisory.get(key);
        if (holder && holder !== session) return { rows: [{ taken: false }] };
        db.advisory.set(key, session);
        session.advisory.add(key);
        return { rows: [{ taken: true }] };
      },
  },
  {
    text: new RegExp(
      `^SELECT FROM ${name}\\.checkpoints WHERE consumer = \\$1 AND source = \\$2 AND handed_on = \\$3 AND `,
    ),
    meaning: () => nothing,
  },
  {
    text: new RegExp(
      `^UPDATE ${name}\\.checkpoints c SET position = n\\.position, updated_at = now\\(\\) FROM unnest\\(\\$2::text\\[\\], \\$3::bigint\\[\\], \\$4::jsonb\\[\\]\\) AS n \\(source, epoch, position\\) WHERE c\\.consumer = \\$1 AND c\\.source = n\\.source AND c\\.epoch = n\\.epoch RETURNING c\\.source$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const { db, values } = call;
        const [consumer, sources, epochs, positions] = values as [string, string[], number[], string[]];
        const table = db.table(`${schema}.checkpoints`);
        const rows: Record<string, unknown>[] = [];
        for (const [index, source] of sources.entries()) {
          const rowCount = yield* update(
            call,
            table,
            (row) => row['consumer'] === consumer && row['source'] === source && row['epoch'] === epochs[index],
            (row) => ({ ...row, position: jsonb(positions[index]), updated_at: db.scheduler.now }),
          );
          if (rowCount === 1) rows.push({ source });
        }
        return { rows };
      },
  },
  {
    text: new RegExp(
      `^UPDATE ${name}\\.checkpoints c SET released = true FROM unnest\\(\\$2::text\\[\\], \\$3::bigint\\[\\]\\) AS held \\(source, epoch\\) WHERE c\\.consumer = \\$1 AND c\\.source = held\\.source AND c\\.epoch = held\\.epoch$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const { db, values } = call;
        const [consumer, sources, epochs] = values as [string, string[], number[]];
        let rowCount = 0;
        for (const [index, source] of sources.entries()) {
          rowCount += yield* update(
            call,
            db.table(`${schema}.checkpoints`),
            (row) => row['consumer'] === consumer && row['source'] === source && row['epoch'] === epochs[index],
            (row) => ({ ...row, released: true }),
          );
        }
        return { rowCount };
      },
  },
  {
    text: new RegExp(
      `^INSERT INTO ${name}\\.checkpoints AS c \\(consumer, source\\) VALUES \\(\\$1, \\$2\\) ON CONFLICT \\(consumer, source\\) DO UPDATE SET epoch = c\\.epoch \\+ 1, released = false RETURNING c\\.epoch, c\\.position$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const { db, values } = call;
        const [consumer, source] = values;
        const row = yield* upsert(
          call,
          db.table(`${schema}.checkpoints`),
          { consumer, source, epoch: 1, position: null, released: false, updated_at: db.scheduler.now },
          (standing) => ({ ...standing, epoch: (standing['epoch'] as number) + 1, released: false }),
        );
        return { rows: [{ epoch: row['epoch'], position: structuredClone(row['position']) }] };
      },
  },
  {
    text: new RegExp(
      `^UPDATE ${name}\\.checkpoints SET position = \\$4, updated_at = now\\(\\) WHERE consumer = \\$1 AND source = \\$2( AND epoch = \\$3)?$`,
    ),
    meaning: ([, schema, fenced]) =>
      function* (call) {
        const { db, values } = call;
        const [consumer, source, epoch, position] = values;
        const rowCount = yield* update(
          call,
          db.table(`${schema}.checkpoints`),
          (row) =>
            row['consumer'] === consumer &&
            row['source'] === source &&
            (fenced === undefined || row['epoch'] === epoch),
          (row) => ({ ...row, position: jsonb(position), updated_at: db.scheduler.now }),
        );
        return { rowCount };
      },
  },
  {
    text: new RegExp(
      `^SELECT FROM ${name}\\.checkpoints WHERE consumer = \\$1 AND source = \\$2 AND epoch = \\$3 FOR UPDATE$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const [consumer, source, epoch] = call.values;
        const table = call.db.table(`${schema}.checkpoints`);
        const wanted = (row: Row): boolean =>
          row['consumer'] === consumer && row['source'] === source && row['epoch'] === epoch;
        const locked = yield* lockSeen(call, table, see(call, table, wanted), wanted);
        return { rowCount: locked.length };
      },
  },
  {
    text: new RegExp(
      `^SELECT source(?:, position)? FROM ${name}\\.checkpoints WHERE consumer = \\$1 AND source = ANY \\(\\$2\\)( AND released)?$`,
    ),
    meaning: ([, schema, released]) =>
      function* (call) {
        const [consumer, sources] = call.values as [string, string[]];
        const seen = see(
          call,
          call.db.table(`${schema}.checkpoints`),
          (row) =>
            row['consumer'] === consumer &&
            sources.includes(row['source'] as string) &&
            (released === undefined || row['released'] === true),
        );
        return { rows: seen.map(({ row }) => ({ source: row['source'], position: structuredClone(row['position']) })) };
      },
  },
  {
    text: new RegExp(
      `^SELECT position FROM ${name}\\.checkpoints WHERE consumer = \\$1 ORDER BY updated_at DESC LIMIT 1$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const seen = see(call, call.db.table(`${schema}.checkpoints`), (row) => row['consumer'] === call.values[0]);
        const [newest] = seen.sort((a, b) => (b.row['updated_at'] as number) - (a.row['updated_at'] as number));
        return { rows: newest ? [{ position: structuredClone(newest.row['position']) }] : [] };
      },
  },
  {
    text: new RegExp(
      `^SELECT stream, source(?:, parked_at > now\\(\\) - \\$3::int \\* interval '1 ms' AS fresh)? FROM ${name}\\.parked_streams WHERE consumer = \\$1 AND source = ANY \\(\\$2\\)( AND retry_requested ORDER BY parked_at, stream)?$`,
    ),
    meaning: ([, schema, requested]) =>
      function* (call) {
        const [consumer, sources, freshMs] = call.values as [string, string[], number | undefined];
        const rows = see(
          call,
          call.db.table(`${schema}.parked_streams`),
          (row) =>
            row['consumer'] === consumer &&
            sources.includes(row['source'] as string) &&
            (requested === undefined || row['retry_requested'] === true),
        ).map(({ row }) => row);
        rows.sort(
          (a, b) => (a['parked_at'] as number) - (b['parked_at'] as number) || byText(a['stream'], b['stream']),
        );
        const isFresh = (row: Row): boolean => (row['parked_at'] as number) > call.db.scheduler.now - (freshMs ?? 0);
        return { rows: rows.map((row) => ({ stream: row['stream'], source: row['source'], fresh: isFresh(row) })) };
      },
  },
  {
    text: new RegExp(
      `^SELECT event FROM ${name}\\.parked_events WHERE consumer = \\$1 AND stream = \\$2 ORDER BY version LIMIT \\$3$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const [consumer, stream, limit] = call.values as [string, string, number];
        const rows = see(
          call,
          call.db.table(`${schema}.parked_events`),
          (row) => row['consumer'] === consumer && row['stream'] === stream,
        ).map(({ row }) => row);
        rows.sort((a, b) => (a['version'] as number) - (b['version'] as number));
        return { rows: rows.slice(0, limit).map(({ event }) => ({ event: structuredClone(event) })) };
      },
  },
  {
    text: new RegExp(
      `^INSERT INTO ${name}\\.parked_streams \\(consumer, stream, source, topic, version, error\\) VALUES \\(\\$1, \\$2, \\$3, \\$4, \\$5, \\$6\\) ON CONFLICT \\(consumer, stream\\) DO NOTHING$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const [consumer, stream, source, topic, version, error] = call.values;
        const standing = yield* call.db.put(call.tx, call.db.table(`${schema}.parked_streams`), {
          consumer,
          stream,
          source,
          topic,
          version,
          error,
          attempts: 1,
          retry_requested: false,
          parked_at: call.db.scheduler.now,
        });
        return { rowCount: standing ? 0 : 1 };
      },
  },
  {
    text: new RegExp(
      `^INSERT INTO ${name}\\.parked_events \\(consumer, stream, version, event\\) SELECT .* ON CONFLICT DO NOTHING$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        let rowCount = 0;
        for (const event of jsonb<{ stream: string; version: number }[]>(call.values[1])) {
          const conflict = yield* call.db.put(call.tx, call.db.table(`${schema}.parked_events`), {
            consumer: call.values[0],
            stream: event.stream,
            version: event.version,
            event,
          });
          if (!conflict) rowCount += 1;
        }
        return { rowCount };
      },
  },
  {
    text: new RegExp(
      `^UPDATE ${name}\\.parked_streams SET retry_requested = false, version = \\$3, error = \\$4, attempts = attempts \\+ 1, tried_at = now\\(\\) WHERE consumer = \\$1 AND stream = \\$2$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const [consumer, stream, version, error] = call.values;
        const rowCount = yield* update(
          call,
          call.db.table(`${schema}.parked_streams`),
          (row) => row['consumer'] === consumer && row['stream'] === stream,
          (row) => ({ ...row, retry_requested: false, version, error }),
        );
        return { rowCount };
      },
  },
  {
    text: new RegExp(
      `^DELETE FROM ${name}\\.parked_events WHERE consumer = \\$1 AND stream = \\$2 AND version <= \\$3$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const [consumer, stream, version] = call.values as [string, string, number];
        const rowCount = yield* remove(
          call,
          call.db.table(`${schema}.parked_events`),
          (row) => row['consumer'] === consumer && row['stream'] === stream && (row['version'] as number) <= version,
        );
        return { rowCount };
      },
  },
  {
    text: new RegExp(`^DELETE FROM ${name}\\.parked_streams WHERE consumer = \\$1 AND stream = \\$2$`),
    meaning: ([, schema]) =>
      function* (call) {
        const rowCount = yield* remove(
          call,
          call.db.table(`${schema}.parked_streams`),
          (row) => row['consumer'] === call.values[0] && row['stream'] === call.values[1],
        );
        return { rowCount };
      },
  },
  {
    text: new RegExp(
      `^UPDATE ${name}\\.parked_streams SET retry_requested = true WHERE \\$1::text IS NULL OR consumer = \\$1$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const rowCount = yield* update(
          call,
          call.db.table(`${schema}.parked_streams`),
          (row) => call.values[0] === null || row['consumer'] === call.values[0],
          (row) => ({ ...row, retry_requested: true }),
        );
        return { rowCount };
      },
  },
];
