import { isTransient } from '@app/event-store';
import { Unavailable } from '@app/http';
import { keepConfidential } from '@app/security';
import type { NewConfidential, TipKeyring } from '@app/security';
import type { ServiceContext } from '@app/service';

/** Tips of one statement at most; a batch this large is rare and its commit still takes milliseconds. */
const BATCH = 200;
/** Beyond this the vault is not keeping up: who asks is told to come again rather than to wait for its time limit. */
const MOST_WAITING = 5_000;

interface Waiting {
  tip: NewConfidential;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Writes new tips' keys and informants. What arrives while a statement is under way goes together in the next one,
 * so that many desks share a commit and one desk alone waits for nothing.
 */
export class VaultWriter {
  private waiting: Waiting[] = [];
  private isWriting = false;

  constructor(
    private readonly context: Pick<ServiceContext, 'pool'>,
    private readonly keyring: TipKeyring,
  ) {}

  /**
   * Resolves when it is on disk.
   * @throws Unavailable when too much is waiting, whatever the database says to this tip
   */
  keep(tip: NewConfidential): Promise<void> {
    if (this.waiting.length >= MOST_WAITING) return Promise.reject(new Unavailable('vault'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ tip, resolve, reject });
      if (!this.isWriting) void this.write();
    });
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) await this.writeBatch(this.waiting.splice(0, BATCH));
    this.isWriting = false;
  }

  private async writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      await keepConfidential(
        this.context.pool,
        this.keyring,
        batch.map(({ tip }) => tip),
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // One bad tip fails alone; a database that is away fails all of them, without asking it once for each.
      if (batch.length === 1 || isTransient(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) await this.writeBatch([one]);
    }
  }
}
