import type { Pool } from 'pg';
import type { Producer } from 'kafkajs';

/**
 * The outbox of the tutorials: a table with a flag, pages taken with `FOR UPDATE SKIP LOCKED`, each message sent and
 * awaited, the page marked as published, commit. It never sleeps here while there is something to send.
 */
export interface OutboxOptions {
  pool: Pool;
  producer: Producer;
  page: number;
  /** `message`: one send for each, as the tutorials do; `page`: one for the page. */
  send: 'message' | 'page';
}

export async function createOutbox(pool: Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, key text NOT NULL, payload text NOT NULL,
      published boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX outbox_unpublished ON outbox (id) WHERE NOT published`);
}

/** A fresh backlog, as large as asked. */
export async function fillOutbox(
  pool: Pool,
  topic: string,
  messages: readonly { key: string; value: string }[],
): Promise<void> {
  await pool.query('TRUNCATE outbox');
  await pool.query('INSERT INTO outbox (topic, key, payload) SELECT $1, * FROM unnest($2::text[], $3::text[])', [
    topic,
    messages.map(({ key }) => key),
    messages.map(({ value }) => value),
  ]);
  await pool.query('VACUUM ANALYZE outbox');
}

/** Publishes until nothing is left. @returns how many */
export async function drainOutbox({ pool, producer, page, send }: OutboxOptions): Promise<number> {
  let published = 0;
  const client = await pool.connect();
  try {
    for (;;) {
      await client.query('BEGIN');
      const { rows } = await client.query<{ id: number; topic: string; key: string; payload: string }>({
        name: 'outbox-take',
        text: `SELECT id, topic, key, payload FROM outbox WHERE NOT published ORDER BY id LIMIT $1
          FOR UPDATE SKIP LOCKED`,
        values: [page],
      });
      if (send === 'message') {
        for (const { topic, key, payload } of rows) {
          await producer.send({ topic, acks: -1, messages: [{ key, value: payload }] });
        }
      } else if (rows.length > 0) {
        const messages = rows.map(({ key, payload }) => ({ key, value: payload }));
        await producer.send({ topic: rows[0]!.topic, acks: -1, messages });
      }
      await client.query({
        name: 'outbox-mark',
        text: 'UPDATE outbox SET published = true WHERE id = ANY ($1)',
        values: [rows.map(({ id }) => id)],
      });
      await client.query('COMMIT');
      published += rows.length;
      if (rows.length < page) return published;
    }
  } finally {
    client.release();
  }
}
