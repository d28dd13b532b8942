import { advisoryKeys, inTransaction, sqlState } from '@app/event-store';
import type { PoolClient } from 'pg';
import { swapLock } from '../delivery/delivery.js';
import { ConsumerFenced } from '../delivery/faults.js';
import type { Consumer, ConsumerHome, MessageLog, SourcePosition } from '../types.js';
import { withOwnConnection } from './long-work.js';
import { BasisChanged, type BuiltShadow, type RebuildOptions, ShadowBuild } from './shadow-build.js';

/** What a rebuild did. */
export interface RebuildResult {
  /** Streams that could not be handled and are parked now. */
  parkedStreams: number;
}

/** Readers wait for at most this long behind the swap before it lets them pass and tries again. */
const SWAP_PATIENCE_MS = 150;
const SWAP_ATTEMPTS = 60;

/** Name under which a rebuild keeps its own checkpoints and parked streams. */
export function rebuildName(consumer: string): string {
  return `${consumer}~rebuild`;
}

/**
 * Builds a consumer's tables anew from the log, beside the live ones, and puts them in their place in one short
 * transaction, with all that the rebuild keeps under its own name: checkpoints and parked streams. Readers go on reading;
 * the running consumer goes on from where the new tables stand.
 */
export class Rebuild extends ShadowBuild<RebuildResult> {
  constructor(
    consumer: Consumer,
    home: ConsumerHome,
    messageLog: Pick<MessageLog, 'history'>,
    options: RebuildOptions,
  ) {
    super(consumer, home, messageLog, options, 'shadow', rebuildName(consumer.name));
  }

  protected async conclude(built: BuiltShadow): Promise<RebuildResult> {
    await this.record.phase('indexing');
    await withOwnConnection(this.home.pool, (other) => this.shadow.finish(built.work, other));
    await this.point('indexed');
    await this.record.phase('catching-up');
    for (const source of built.history.sources) await this.catchUp(source, built.positions, built.delivery, null);
    await this.record.phase('swapping');
    await this.swap(built);
    await this.point('swapped');
    return { parkedStreams: built.delivery.parkedStreams };
  }

  /** The consumer stands still, the shadow reaches it, and takes its tables' place. */
  private async swap({ history, positions, delivery }: BuiltShadow): Promise<void> {
    const { pool } = this.home;
    const { name } = this.consumer;
    const { own } = this;
    const held = await this.shadow.held(pool);
    const exchanged = this.model.tables.filter((table) => !held.has(table));
    await inTransaction(
      pool,
      async (tx) => {
        // Alone: waits for the batch in hand, holds the next one back. No transaction id yet, so no reader of any log waits.
        await tx.query(`SELECT pg_advisory_xact_lock(${advisoryKeys(swapLock(this.home.schema, name))})`);
        const { rows } = await tx.query<{ source: string; position: SourcePosition | null }>(
          `SELECT source, position FROM ${this.schema}.checkpoints WHERE consumer = $1`,
          [name],
        );
        const live = new Map(rows.map(({ source, position }) => [source, position]));
        for (const source of history.sources) {
          const target = live.get(source.name) ?? null;
          if (target) await this.catchUp(source, positions, delivery, target);
        }
        await this.point('standing-still');
        await this.lockTables(tx, exchanged);
        // Now that nobody can change it any more.
        if ((await this.record.shape()) !== (await this.shape(tx))) throw new BasisChanged(name);
        const at = { live: this.home.schema, shadow: this.shadow.shadow };
        await this.model.complete?.(tx, at);
        await this.model.beforeSwap?.(tx, at);
        await this.shadow.swap(tx, held);
        for (const { name: source } of history.sources) {
          // An older runner of this rebuild must not put half-built tables in place.
          const { rowCount } = await tx.query(
            `DELETE FROM ${this.schema}.checkpoints WHERE consumer = $1 AND source = $2 AND epoch = $3`,
            [own, source, delivery.epochOf(source)],
          );
          if (rowCount !== 1) throw new ConsumerFenced(own, source);
          await tx.query(
            `INSERT INTO ${this.schema}.checkpoints AS c (consumer, source, position) VALUES ($1, $2, $3)
             ON CONFLICT (consumer, source) DO UPDATE SET position = excluded.position, handed_on = c.epoch,
               epoch = c.epoch + 1, updated_at = now()`,
            [name, source, positions.get(source) ?? null],
          );
        }
        await this.handParkedOn(tx, own, name);
        await this.model.afterSwap?.(tx);
        await this.record.progress(this.done, Math.max(this.done, this.total), 0);
        await this.record.phase('done', tx);
      },
      {
        settings: {
          'app.units': '*',
          idle_in_transaction_session_timeout: '0',
          lock_timeout: '10s',
          statement_timeout: '0',
        },
      },
    );
  }

  /** Readers that are at work are waited for, but nobody for long behind the swap. */
  private async lockTables(tx: PoolClient, tables: readonly string[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await tx.query(`SAVEPOINT locking; SET LOCAL lock_timeout = ${SWAP_PATIENCE_MS}`);
      try {
        await this.shadow.lock(tx, tables);
        await tx.query('RELEASE SAVEPOINT locking');
        return;
      } catch (error) {
        const state = sqlState(error);
        if ((state !== '55P03' && state !== '40P01') || attempt === SWAP_ATTEMPTS) throw error;
        await tx.query('ROLLBACK TO SAVEPOINT locking');
        await pause(SWAP_PATIENCE_MS);
      }
    }
  }

  /** What the rebuild could not handle is what waits now; what waited before is in the tables, or waits again. */
  private async handParkedOn(tx: PoolClient, own: string, name: string): Promise<void> {
    const s = this.schema;
    await tx.query(`DELETE FROM ${s}.parked_events WHERE consumer = $1`, [name]);
    await tx.query(`DELETE FROM ${s}.parked_streams WHERE consumer = $1`, [name]);
    await tx.query(
      `INSERT INTO ${s}.parked_streams (consumer, stream, source, topic, version, error, attempts)
       SELECT $2, stream, source, topic, version, error, attempts FROM ${s}.parked_streams WHERE consumer = $1`,
      [own, name],
    );
    await tx.query(`UPDATE ${s}.parked_events SET consumer = $2 WHERE consumer = $1`, [own, name]);
    await tx.query(`DELETE FROM ${s}.parked_streams WHERE consumer = $1`, [own]);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
