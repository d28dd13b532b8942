import { identifier, inLanes } from '@app/event-store';
import type { RowChange, RowLoad, ScannedEvent } from '@app/event-store';
import type { BulkHandler, InShadow } from '@app/messaging';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/schema.js';
import { addCase, addTip } from '../rollups/contributions.js';
import { backlogOf, backlogTable } from '../rollups/rollup-lock.js';
import type { FactsTable } from '../rollups/rollup-lock.js';
import { RollupSums } from '../rollups/rollup-sums.js';
import { CASE_ROLLUP, CASE_TABLES, TIP_ROLLUP, TIP_TABLES } from '../rollups/rollup-tables.js';
import { addSums, partsOf } from '../rollups/rollup-writer.js';
import type { CaseFacts } from './case-facts.js';
import type { TipFacts } from './tip-facts.js';

type Facts = TipFacts | CaseFacts;

/** Cells of sums held in memory (some 300 bytes each); more are written and begun again. */
const CELLS_HELD = 300_000;
const LANES = 2;
const REFILL_CHUNK = 5_000;
const NOTHING_FILLED = '00000000-0000-0000-0000-000000000000';

export const newSums = (table: FactsTable): RollupSums =>
  new RollupSums(table === 'tip_facts' ? TIP_ROLLUP : CASE_ROLLUP);

/** Add what a matter contributes, or take it away. */
export function addFacts(sums: RollupSums, table: FactsTable, facts: Facts, sign: 1 | -1): void {
  if (table === 'tip_facts') addTip(sums, facts as TipFacts, sign);
  else addCase(sums, facts as CaseFacts, sign);
}

/** Add what changes of facts differ by. */
export function addDifferences(sums: RollupSums, table: FactsTable, changes: readonly RowChange<Facts>[]): void {
  for (const { before, after } of changes) {
    if (before) addFacts(sums, table, before, -1);
    if (after) addFacts(sums, table, after, 1);
  }
}

/** How sums come to facts: all at the end, not by this load at all, or with each slice. */
type Way = 'at-the-end' | 'elsewhere' | 'with-facts';

/**
 * Loads facts and leaves their sums to the end, where each cell is written once. Until then a row of the backlog says that
 * no fact is in the sums; who finds it after a load that was cut short makes them from the facts (`sumUpLoaded`).
 */
export class FactsLoad<Row extends Facts> implements BulkHandler {
  readonly add: BulkHandler['add'];
  private readonly rows: RowLoad<Row, ScannedEvent>;
  private sums: RollupSums;
  private way: Way | null = null;
  private hasWrittenSums = false;

  constructor(
    private readonly table: FactsTable,
    rowsTold: (onWrite: (tx: PoolClient, changes: RowChange<Row>[]) => Promise<void>) => RowLoad<Row, ScannedEvent>,
  ) {
    this.rows = rowsTold((tx, changes) => this.changed(tx, changes));
    this.add = this.rows.add;
    this.sums = newSums(table);
  }

  get held(): number {
    return this.rows.held;
  }

  async write(transaction: InShadow): Promise<void> {
    await this.rows.write(transaction);
    if (this.sums.held > CELLS_HELD) await this.writeSums(transaction);
  }

  async complete(transaction: InShadow): Promise<void> {
    if (this.way !== 'at-the-end') return;
    await this.writeSums(transaction);
    await transaction((tx) => endBacklog(tx, this.table));
  }

  private async changed(tx: PoolClient, changes: RowChange<Row>[]): Promise<void> {
    this.way ??= await this.wayOf(tx);
    if (this.way === 'elsewhere') return;
    const sums = this.way === 'at-the-end' ? this.sums : newSums(this.table);
    addDifferences(sums, this.table, changes);
    if (this.way === 'with-facts') await addSums(tx, SCHEMA, sums);
  }

  /** Decided in the transaction that writes the first facts. */
  private async wayOf(tx: PoolClient): Promise<Way> {
    if (this.rows.beganEmpty) {
      await tx.query(
        `INSERT INTO ${identifier(SCHEMA)}.${backlogTable(this.table)} (filled_up_to) VALUES ($1) ON CONFLICT DO NOTHING`,
        [NOTHING_FILLED],
      );
      return 'at-the-end';
    }
    return (await backlogOf(tx, SCHEMA, this.table)) ? 'elsewhere' : 'with-facts';
  }

  private async writeSums(transaction: InShadow): Promise<void> {
    const how = this.hasWrittenSums ? 'add' : 'fill';
    this.hasWrittenSums = true;
    await writeParts(transaction, this.sums, how);
    this.sums = newSums(this.table);
  }
}

async function writeParts(transaction: InShadow, sums: RollupSums, how: 'add' | 'fill'): Promise<void> {
  let parts: Awaited<ReturnType<typeof partsOf>> = [];
  await transaction(async (tx) => void (parts = await partsOf(tx, SCHEMA, sums)));
  // No two parts have a row in common.
  await inLanes(parts, LANES, (part) => transaction((tx) => part(tx, how)));
}

async function endBacklog(tx: PoolClient, table: FactsTable): Promise<void> {
  await tx.query(`DELETE FROM ${identifier(SCHEMA)}.${backlogTable(table)}`);
}

/** After a load that was cut short and gone on with, or that went batch by batch: the sums, from the facts themselves. */
export async function sumUpLoaded(transaction: InShadow, table: FactsTable): Promise<void> {
  const s = identifier(SCHEMA);
  let isLeft = false;
  await transaction(async (tx) => void (isLeft = (await backlogOf(tx, SCHEMA, table)) !== null));
  if (!isLeft) return;
  const tables = (table === 'tip_facts' ? TIP_TABLES : CASE_TABLES).filter(
    (name) => name !== table && name !== backlogTable(table),
  );
  await transaction(async (tx) => void (await tx.query(`TRUNCATE ${tables.map((name) => `${s}.${name}`).join(', ')}`)));
  const key = table === 'tip_facts' ? 'tip_id' : 'case_id';
  let sums = newSums(table);
  let how: 'add' | 'fill' = 'fill';
  for (let after = NOTHING_FILLED; ;) {
    let rows: { id: string; row: Facts }[] = [];
    await transaction(async (tx) => {
      ({ rows } = await tx.query<{ id: string; row: Facts }>(
        `SELECT ${key}::text AS id, row_to_json(f) AS row FROM ${s}.${table} f WHERE ${key} > $1::uuid
         ORDER BY ${key} LIMIT ${REFILL_CHUNK}`,
        [after],
      ));
    });
    for (const { row } of rows) addFacts(sums, table, row, 1);
    const last = rows.at(-1);
    if (!last || sums.held > CELLS_HELD) {
      await writeParts(transaction, sums, how);
      how = 'add';
      sums = newSums(table);
    }
    if (!last) break;
    after = last.id;
  }
  await transaction((tx) => endBacklog(tx, table));
}
