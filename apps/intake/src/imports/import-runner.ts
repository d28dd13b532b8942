import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { isTransient, uuidv7 } from '@app/event-store';
import type { Actor } from '@app/event-store';
import { PublishedLaw } from '@app/law-book';
import { WakingLoop } from '@app/messaging';
import { UnitTree } from '@app/security';
import type { TipKeyring } from '@app/security';
import type { ServiceContext } from '@app/service';
import { INTAKE_CONTEXT, INTAKE_LAW } from '../context.js';
import { TIP_KEYRING } from '../informants/informant-vault.js';
import { INTAKE_UNIT_TREE } from '../units/unit-register.js';
import { ImportJob } from './import-job.js';
import { ImportRuns } from './import-runs.js';
import type { FileProgress, ImportRun } from './import-runs.js';

/** How often a process looks for imports that another one left. */
const LOOK_EVERY_MS = 5_000;
const FOLLOW_EVERY_MS = 200;

/** A file as it was handed over: its name as the user knows it, and where its bytes lie now. */
export interface UploadedFile {
  name: string;
  path: string;
}

export interface ImportRequest {
  files: readonly UploadedFile[];
  dryRun: boolean;
  actor: Actor;
  correlationId: string;
  request?: { key: string; fingerprint: string };
}

/** Runs imports in the background, one at a time and in the order they were asked for, over restarts. */
@Injectable()
export class ImportRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly runs: ImportRuns;
  private readonly job: ImportJob;
  private readonly stopping = new AbortController();
  private readonly loop = new WakingLoop(async () => ((await this.workOnce()) ? 0 : LOOK_EVERY_MS));
  private readonly watchers = new Map<string, (run: ImportRun) => void>();

  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    @Inject(TIP_KEYRING) keyring: TipKeyring,
    @Inject(INTAKE_UNIT_TREE) unitTree: UnitTree,
    @Inject(INTAKE_LAW) law: PublishedLaw,
  ) {
    this.runs = new ImportRuns(context.pool, context.schema);
    this.job = new ImportJob({ context, keyring, unitTree, runs: this.runs, law });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop.stop();
  }

  /**
   * Queue an import of files that lie in a folder of their own, which is removed when it is done.
   * `isNew` is false when the same request was made before; then nothing is queued.
   */
  async queue(asked: ImportRequest): Promise<{ run: ImportRun; isNew: boolean; fingerprint: string | null }> {
    const createdAt = this.context.clock.now();
    const answer = await this.runs.create(
      {
        id: uuidv7(createdAt),
        dryRun: asked.dryRun,
        actor: asked.actor,
        correlationId: asked.correlationId,
        files: asked.files.map(startOf),
        createdAt,
      },
      asked.request,
    );
    if (answer.isNew) this.loop.wake();
    return answer;
  }

  /**
   * Import files and wait until it is done, told of progress on the way.
   * @throws Error when the import fails as a whole; refused rows are in the answer, not an error
   */
  async importFiles(asked: ImportRequest, onProgress: (run: ImportRun) => void): Promise<ImportRun> {
    const { run } = await this.queue(asked);
    return this.follow(run.id, onProgress);
  }

  /** Wait for an import that was asked for before. @throws Error when it fails as a whole */
  async follow(id: string, onProgress: (run: ImportRun) => void): Promise<ImportRun> {
    this.watchers.set(id, onProgress);
    try {
      for (;;) {
        const now = await this.runs.get(id);
        if (now?.state === 'failed') throw new Error(`import ${id} failed: ${now.failure ?? ''}`);
        if (now?.state === 'done') return now;
        if (this.stopping.signal.aborted) throw new Error(`import ${id} was interrupted`);
        await new Promise((resolve) => setTimeout(resolve, FOLLOW_EVERY_MS));
      }
    } finally {
      this.watchers.delete(id);
    }
  }

  /** One import, if any waits. A database that is away is waited for; anything else fails that import alone. */
  private async workOnce(): Promise<boolean> {
    let run: ImportRun | undefined;
    try {
      run = await this.runs.claim(this.context.clock.now());
      if (!run) return false;
      await this.job.run(run, this.stopping.signal, (progress) => this.watchers.get(progress.id)?.(progress));
      if (run.state === 'running') await this.runs.release(run.id);
      return true;
    } catch (error) {
      if (!run || isTransient(error)) return false;
      const failure = error instanceof Error ? error.message : String(error);
      await this.runs
        .finish(run, 'failed', failure.slice(0, 500), this.context.clock.now())
        .then(() => this.job.removeUploads(run as ImportRun))
        .catch(() => undefined);
      return true;
    }
  }
}

function startOf({ name, path }: UploadedFile): FileProgress {
  return {
    name,
    path,
    kind: null,
    rows: 0,
    handled: 0,
    accepted: 0,
    unchanged: 0,
    rejected: 0,
    unknownColumns: [],
    done: false,
  };
}
