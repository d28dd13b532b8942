import { uuidv7 } from '@app/event-store';
import type { Pool } from 'pg';
import { copyRows } from '../../../libs/event-store/src/copy-rows.js';
import { PgArray } from '../../../libs/event-store/src/pg-array.js';
import { META, type EventShape, type Place } from './shape.js';

interface Waiting {
  place: Place;
  events: readonly EventShape[];
  done: () => void;
  failed: (error: unknown) => void;
}

const MOST = 500;

type Batch = readonly { place: Place; events: readonly EventShape[] }[];
type Write = (pool: Pool, batch: Batch) => Promise<unknown>;

/**
 * The least that gives the same promise with this driver: callers' rows gathered while the last statement is on its way,
 * one `INSERT … SELECT unnest` into the same table over binary arrays. It judges nothing: no version, no key, no
 * verdict, no bad row, no limit.
 */
export class CoalescedInsert {
  private waiting: Waiting[] = [];
  private isBusy = false;
  private isScheduled = false;

  /** @param write how one batch is written; one transaction */
  constructor(
    private readonly pool: Pool,
    private readonly write: Write = (to, batch) => to.query(insertOf(batch)),
  ) {}

  append(place: Place, events: readonly EventShape[]): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ place, events, done, failed });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled || this.isBusy) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    if (this.isBusy || this.waiting.length === 0) return;
    this.isBusy = true;
    const batch: Waiting[] = [];
    let rows = 0;
    while (this.waiting.length > batch.length) {
      const next = this.waiting[batch.length]!;
      if (batch.length > 0 && rows + next.events.length > MOST) break;
      rows += next.events.length;
      batch.push(next);
    }
    this.waiting = this.waiting.slice(batch.length);
    try {
      await this.write(this.pool, batch);
      for (const { done } of batch) done();
    } catch (error) {
      for (const { failed } of batch) failed(error);
    } finally {
      this.isBusy = false;
      if (this.waiting.length > 0) this.schedule();
    }
  }
}

/** Rows by the statement that a careful hand would write. */
export function insertOf(batch: Batch) {
  const now = new Date();
  const id: string[] = [];
  const stream: string[] = [];
  const version: number[] = [];
  const type: string[] = [];
  const eventVersion: number[] = [];
  const data: string[] = [];
  const meta: string[] = [];
  for (const { place, events } of batch) {
    events.forEach((event, index) => {
      id.push(uuidv7(now));
      stream.push(place.stream);
      version.push(place.version + index + 1);
      type.push(event.type);
      eventVersion.push(1);
      data.push(JSON.stringify(event.data));
      meta.push(JSON.stringify(META));
    });
  }
  return {
    name: 'floor',
    text: `INSERT INTO intake.events (id, stream, version, type, event_version, data, meta, recorded_at)
      SELECT *, $8::timestamptz FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::int[], $6::jsonb[], $7::jsonb[])
      RETURNING gp`,
    values: [
      new PgArray('uuid', id),
      new PgArray('text', stream),
      new PgArray('int4', version),
      new PgArray('text', type),
      new PgArray('int4', eventVersion),
      new PgArray('jsonb', data),
      new PgArray('jsonb', meta),
      now,
    ],
  };
}

const COPIED = [
  { name: 'id', type: 'uuid' },
  { name: 'stream', type: 'text' },
  { name: 'version', type: 'integer' },
  { name: 'type', type: 'text' },
  { name: 'event_version', type: 'integer' },
  { name: 'data', type: 'jsonb' },
  { name: 'meta', type: 'jsonb' },
  { name: 'recorded_at', type: 'timestamptz' },
];

/** The same rows by `COPY … FROM STDIN` as text. */
export async function copyInto(pool: Pool, batch: Batch): Promise<void> {
  const now = new Date();
  const recordedAt = now.toISOString();
  const client = await pool.connect();
  try {
    await copyRows(
      client,
      'intake.events',
      COPIED,
      batch.flatMap(({ place: { stream, version }, events }) =>
        events.map(({ type, data }, index) => ({
          id: uuidv7(now),
          stream,
          version: version + index + 1,
          type,
          event_version: 1,
          data,
          meta: META,
          recorded_at: recordedAt,
        })),
      ),
    );
  } finally {
    client.release();
  }
}
