import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool, EventStore, eventStoreMigrations, migrate } from '@app/event-store';
import type { Pool } from 'pg';
import { startEmbeddedPostgres } from '../../../../apps/standalone/src/embedded-postgres.js';
import type { EmbeddedPostgres } from '../../../../apps/standalone/src/embedded-postgres.js';
import { PostgresLog } from '../postgres-log/postgres-log.js';
import type { Consumer, MessagingLogger } from '../types.js';
import { messagingMigrations } from './messaging-migrations.js';

const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a consumer that outlives its database', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tinbao-crash-'));
  // What is committed lazily stays in memory for 10 s, so that the kill always meets it there.
  const settings = { wal_writer_delay: '10s' };
  let server: EmbeddedPostgres;
  let pool: Pool;
  let store: EventStore;

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ dataDir, settings });
    pool = createPool(server.url, { max: 6 });
    await migrate(pool, 'intake', [...eventStoreMigrations('intake'), ...messagingMigrations('intake')]);
    await pool.query('CREATE TABLE intake.seen (stream text NOT NULL)');
    store = new EventStore({ pool, schema: 'intake' });
  }, 60_000);

  afterAll(async () => {
    await pool?.end();
    await server?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('has lost no effect that it went past', async () => {
    const consumer: Consumer = {
      name: 'reader',
      topics: ['intake.tips'],
      handle: async (batch, tx) => {
        await tx.query('INSERT INTO intake.seen SELECT unnest($1::text[])', [batch.map(({ stream }) => stream)]);
      },
    };
    const log = new PostgresLog({
      logs: { intake: store },
      topics: [{ topic: 'intake.tips', service: 'intake', streamPrefix: 'tip-' }],
      isPublic: () => true,
      logger,
    });
    const running = await log.start(consumer, { pool, schema: 'intake' });
    const streams = Array.from({ length: 20 }, (_, index) => `tip-${index}`);
    for (const stream of streams) await append(stream);
    expect(await running.settled(10_000)).toBe(true);

    for (const pid of [...childrenOf(server.pid), server.pid]) kill(pid);
    await server.stop();
    server = await startEmbeddedPostgres({ dataDir, port: server.port, settings });

    // One more shows that the consumer is at work again, on the same connections.
    await append('tip-after');
    expect(await running.settled(20_000)).toBe(true);
    const { rows } = await pool.query<{ stream: string }>('SELECT stream FROM intake.seen');
    expect(rows.map(({ stream }) => stream).sort()).toEqual([...streams, 'tip-after'].sort());
    await log.close();
  }, 90_000);

  async function append(stream: string): Promise<void> {
    const command = {
      stream,
      expectedVersion: 0,
      events: [{ type: 'A', data: {} }],
      meta: {
        actor: { id: 'canbo', role: 'intake_officer', unit: 'PC-80' },
        correlationId: 'c',
        causationId: null,
        happenedAt: '2026-01-05T08:00:00+07:00',
        source: 'ui' as const,
      },
      idempotency: { key: stream, fingerprint: stream },
    };
    for (;;) {
      try {
        await store.append([command]);
        return;
      } catch (error) {
        // Connections of the server that died break one by one; the key makes the repetition harmless.
        if (!/terminat|ECONN|Connection/i.test(String(error))) throw error;
      }
    }
  }
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself since the list was read.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) === parent;
      } catch (error) {
        // It ended while the list was read.
        if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
        throw error;
      }
    });
}
