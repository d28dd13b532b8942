import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { EventStore, hasReached, fixedClock, inTransaction, migrate } from '@app/event-store';
import type { LogPosition, StoredEvent } from '@app/event-store';
import { PublishedLaw } from '@app/law-book';
import type { Consumer } from '@app/messaging';
import { TipKeyring, UnitTree, VAULT_SCHEMA, seeAllUnits, unitTreeConsumer, vaultMigrations } from '@app/security';
import type { ServiceContext } from '@app/service';
import { testDatabase } from '../../../../../test/support/postgres.js';
import { readToHead } from '../../../../../test/support/read-log.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { tipListConsumer } from '../../crime-tips/read-models/tip-list.js';
import { intakeService } from '../../intake.service-definition.js';
import { ImportJob } from '../import-job.js';
import { ImportRuns } from '../import-runs.js';
import type { ImportRun, Reject } from '../import-runs.js';
import { ImportRunner } from '../import-runner.js';

export const NOW = '2026-11-21T08:00:00+07:00';
export const OPERATOR = { id: 'quantri', role: 'operator', unit: '*' };

/** Intake's database and importer on a real PostgreSQL, its read models fed directly, without carrier or HTTP. */
export interface ImportHarness {
  database: TestDatabase;
  context: ServiceContext;
  keyring: TipKeyring;
  runs: ImportRuns;
  job: ImportJob;
  runner: ImportRunner;
  clock: ReturnType<typeof fixedClock>;
  /** Queue and run files given as name → text (or bytes); answers the finished run with its rejects. */
  take(
    files: Readonly<Record<string, string | Uint8Array>>,
    options?: { dryRun?: boolean },
  ): Promise<{ run: ImportRun; rejects: Reject[] }>;
  /** Every event of intake's log. */
  events(): Promise<StoredEvent[]>;
  close(): Promise<void>;
}

export async function importHarness(): Promise<ImportHarness> {
  const database = await testDatabase();
  const { pool } = database;
  await migrate(pool, 'intake', intakeService.migrations());
  await migrate(pool, VAULT_SCHEMA, vaultMigrations());
  const clock = fixedClock(NOW);
  const store = new EventStore({ pool, schema: 'intake', clock });
  const dataDir = await mkdtemp(join(tmpdir(), 'tinbao-imports-'));
  const law = new PublishedLaw('intake');
  const consumers: Consumer[] = [unitTreeConsumer('intake'), tipListConsumer('intake', law)];
  let cursor: LogPosition | null = null;
  const settled = async (): Promise<void> => {
    const head = await store.head();
    while (!hasReached(cursor, head)) {
      const page = await store.read(cursor, 500);
      for (const consumer of consumers) {
        const topic = consumer.topics[0] as string;
        const mine = page.events.filter(({ stream }) =>
          topic === 'intake.units' ? stream.startsWith('unit-') : stream.startsWith('crime-tip-'),
        );
        if (mine.length === 0) continue;
        await inTransaction(pool, async (tx) => {
          await seeAllUnits(tx);
          await consumer.handle(
            mine.map((event) => ({ ...event, topic })),
            tx,
          );
        });
      }
      cursor = page.next;
    }
  };
  const context = {
    name: 'intake',
    schema: 'intake',
    pool,
    store,
    clock,
    messageLog: undefined,
    settings: { publicUrl: '', dataDir, evaluation: true, issuers: [], masterKey: Buffer.alloc(32, 7) },
    settled,
  } as unknown as ServiceContext;
  const keyring = new TipKeyring(context.settings.masterKey);
  const unitTree = new UnitTree(pool, 'intake');
  const runs = new ImportRuns(pool, 'intake');
  const job = new ImportJob({ context, keyring, unitTree, runs, law });
  const runner = new ImportRunner(context, keyring, unitTree, law);
  return {
    database,
    context,
    keyring,
    runs,
    job,
    runner,
    clock,
    async take(files, { dryRun = false } = {}) {
      const folder = join(dataDir, 'imports', randomUUID());
      await mkdir(folder, { recursive: true });
      const uploads = [];
      for (const [name, text] of Object.entries(files)) {
        const path = join(folder, name);
        await writeFile(path, text);
        uploads.push({ name, path });
      }
      await runner.queue({ files: uploads, dryRun, actor: OPERATOR, correlationId: 'spec-import' });
      const run = await runs.claim(clock.now());
      if (!run) throw new Error('no import was waiting');
      await job.run(run, new AbortController().signal);
      await settled();
      return { run, rejects: (await runs.rejectsOf(run, 10_000)).rejects };
    },
    events: async () => (await readToHead(store, null, 5_000)).events,
    async close() {
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
