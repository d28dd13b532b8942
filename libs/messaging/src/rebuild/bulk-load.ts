import { isTransient, type ScannedEvent } from '@app/event-store';
import type { PoolClient } from 'pg';
import { ConsumerFenced } from '../delivery/faults.js';
import type { BulkHandler, HistoryPage, HistorySource, SourcePosition } from '../types.js';

/** Folding in bulk does not work for what the log holds; `cause` says why. */
export class FoldFailed extends Error {}

/** One source that is loaded in bulk. */
export interface BulkLoad {
  source: HistorySource;
  /** Where to begin. */
  position: SourcePosition | null;
  bulk: BulkHandler;
  /** A connection for rows that are not in memory. */
  db: PoolClient;
  /** Events read at a time. */
  pageSize: number;
  /** Rows held before they are written. */
  rowsHeld: number;
  /** Write what is held, then that everything up to the place is there. */
  write(position: SourcePosition): Promise<void>;
  /** Everything up to the place was written. */
  written(position: SourcePosition): void;
  /** Between two slices: one is written, the next is not begun. */
  slice(): Promise<void>;
  /** Told of every page, also of the last, which is empty. */
  page(page: HistoryPage<unknown>): Promise<void>;
  isStopping(): boolean;
}

/** Under this many events per flush nothing is won by waiting longer. */
const MAX_EVENTS_HELD = 600_000;

/**
 * Three things at a time: the next page is read, this one is folded, and what was full before is written. When this ends,
 * by whatever way, nothing is being written any more.
 * @returns whether the end of the source was reached; false when it was asked to stop
 * @throws FoldFailed when what is not written must be gone through batch by batch
 */
export async function loadInBulk(load: BulkLoad): Promise<boolean> {
  const { source, bulk } = load;
  const pageAfter = (position: SourcePosition | null): Promise<() => HistoryPage<ScannedEvent>> =>
    settle(source.scan ? source.scan(position, load.pageSize) : source.read(position, load.pageSize));
  let ahead = pageAfter(load.position);
  const slices = new Slices(load);
  try {
    for (let heldEvents = 0; ;) {
      const page = (await ahead)();
      if (page.size > 0) ahead = pageAfter(page.position);
      await foldFailure(() => bulk.add(page.events, load.db));
      heldEvents += page.size;
      const isFull = bulk.held >= load.rowsHeld || heldEvents >= MAX_EVENTS_HELD;
      if ((isFull || page.size === 0) && heldEvents > 0) {
        await slices.ended();
        slices.begin(page.position as SourcePosition);
        heldEvents = 0;
      }
      if (page.size === 0) await slices.ended();
      await load.page(page);
      if (page.size === 0) return true;
      if (load.isStopping()) {
        await slices.ended();
        return false;
      }
    }
  } finally {
    await ahead;
    await slices.settled();
  }
}

/** Slices that are written one after the other, each while the next is folded. */
class Slices {
  private writing: { end: Promise<() => void>; position: SourcePosition } | null = null;

  constructor(private readonly load: BulkLoad) {}

  begin(position: SourcePosition): void {
    this.writing = { end: settle(this.load.write(position)), position };
  }

  /** The slice on its way, if any, is there. */
  async ended(): Promise<void> {
    const slice = this.writing;
    if (!slice) return;
    await foldFailure(async () => (await slice.end)());
    this.writing = null;
    this.load.written(slice.position);
    await this.load.slice();
  }

  /** The slice on its way, if any, is there or has failed, which what went wrong first speaks for. */
  async settled(): Promise<void> {
    const slice = this.writing;
    if (!slice) return;
    const isThere = await slice.end.then((end) => {
      try {
        end();
        return true;
      } catch {
        return false;
      }
    });
    if (isThere) this.load.written(slice.position);
  }
}

/** What fails here is no reason to give up, unless the database or a newer runner is it. */
async function foldFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isTransient(error) || error instanceof ConsumerFenced) throw error;
    throw new FoldFailed('folding in bulk failed', { cause: error });
  }
}

/** A promise whose refusal is thrown when it is asked for, and never counts as unhandled before. */
function settle<T>(page: Promise<T>): Promise<() => T> {
  return page.then(
    (result) => () => result,
    (error: unknown) => () => {
      throw error;
    },
  );
}
