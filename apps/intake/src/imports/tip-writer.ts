import { createHash, createHmac } from 'node:crypto';
import { STREAMS, tipIdOfRegister } from '@app/contracts';
import type { AppendCommand, EventData } from '@app/event-store';
import { contentPlace, storeInformants } from '@app/security';
import type { Informant } from '@app/security';
import type { PoolClient } from 'pg';
import { registerSeries } from '../crime-tips/register-series.js';
import { importFault } from './import-fault.js';
import type { KnownRows } from './known-rows.js';
import type { ImportGround, PreparedChunk, RowGroup, RowResult, RowWriter } from './row-writer.js';
import { historyOfTip } from './tip-history.js';
import type { TipHistory } from './tip-history.js';
import { parseTipRow } from './tip-row.js';
import type { TipRow } from './tip-row.js';

interface NewTip {
  row: TipRow;
  history: TipHistory;
}

/** Two rows of one chunk, or of one file, under one number. */
interface Seen {
  line: number;
  digest: string;
}

/**
 * Takes rows of a tips file into the log: events of the desk, text and informant sealed with the tip's own key.
 * The same row again changes nothing; another row under the same number is refused, nothing is overwritten.
 */
export class TipWriter implements RowWriter {
  private readonly seen = new Map<string, Seen>();

  constructor(
    private readonly ground: ImportGround,
    private readonly known: KnownRows,
  ) {}

  async prepare(chunk: readonly RowGroup[]): Promise<PreparedChunk> {
    const results: RowResult[] = new Array<RowResult>(chunk.length);
    const parsed: { index: number; row: TipRow; key: string }[] = [];
    for (const [index, { row: raw, further }] of chunk.entries()) {
      const outcome = parseTipRow(raw, further, this.ground.now);
      if ('faults' in outcome) {
        results[index] = { kind: 'rejected', faults: outcome.faults };
        continue;
      }
      const row = outcome.tip;
      const key = keyOf(row);
      const digest = createHash('sha256').update(contentOf(row)).digest('base64').slice(0, 16);
      const before = this.seen.get(key);
      // The very row again is this chunk prepared once more after a lost race, not a second row.
      if (before && before.line !== row.line) {
        results[index] =
          before.digest === digest
            ? { kind: 'unchanged' }
            : {
                kind: 'rejected',
                faults: [
                  importFault('RegisterNumberTwice', row.line, 'register_number', {
                    number: row.number,
                    unit: row.unitCode,
                    year: row.year,
                    line: before.line,
                  }),
                ],
              };
        continue;
      }
      this.seen.set(key, { line: row.line, digest });
      parsed.push({ index, row, key });
    }
    const fresh = await this.judge(parsed, results);
    if (fresh.length === 0 || this.ground.dryRun) return { results };
    return { results, write: (tx) => this.write(tx, fresh) };
  }

  /** Tells new rows from those the log holds, and decides the new ones. */
  private async judge(
    parsed: readonly { index: number; row: TipRow; key: string }[],
    results: RowResult[],
  ): Promise<NewTip[]> {
    const fingerprints = await this.known.fingerprints(parsed.map(({ key }) => key));
    const again = parsed.filter(({ key }) => fingerprints.has(key));
    const keys = await this.ground.keyring.keysOf(
      this.ground.context.pool,
      again.map(({ row }) => tipIdOf(row)),
    );
    const numbers = parsed.filter(({ key }) => !fingerprints.has(key)).map(({ row }) => numberOf(row));
    const given = await this.known.numbersGiven(numbers);
    const fresh: NewTip[] = [];
    for (const { index, row, key } of parsed) {
      const fingerprint = fingerprints.get(key);
      const tipKey = keys.get(tipIdOf(row));
      if (fingerprint !== undefined) {
        // Erased tips cannot be compared any more; what is registered stays.
        const isSame = tipKey === undefined || fingerprintOf(row, tipKey) === fingerprint;
        results[index] = isSame ? { kind: 'unchanged' } : { kind: 'rejected', faults: [alreadyRegistered(row)] };
        continue;
      }
      if (given.has(`${row.unitCode}/${row.number}/${row.year}`)) {
        results[index] = { kind: 'rejected', faults: [alreadyRegistered(row)] };
        continue;
      }
      const history = historyOfTip(row, (code) => this.ground.units.get(code), this.ground.now, this.ground.law);
      if ('faults' in history) {
        results[index] = { kind: 'rejected', faults: history.faults };
        continue;
      }
      results[index] = { kind: 'accepted' };
      fresh.push({ row, history });
    }
    return fresh;
  }

  private async write(tx: PoolClient, fresh: readonly NewTip[]): Promise<void> {
    const { keyring, context, actor, correlationId } = this.ground;
    const secrets = keyring.newKeys(fresh.length);
    const tips = fresh.map((tip, index) => ({ ...tip, tipId: tip.history.tipId, key: secrets[index] as Buffer }));
    await keyring.storeKeys(tx, tips);
    await storeInformants(
      tx,
      tips.flatMap(({ row, tipId, key }) =>
        row.informant ? [{ tipId, key, informant: row.informant satisfies Informant }] : [],
      ),
    );
    const commands = tips.map(({ row, history, tipId, key }): AppendCommand => {
      const sealed = keyring.sealText(key, row.content, contentPlace(tipId));
      return {
        stream: `${STREAMS.crimeTip}${tipId}`,
        expectedVersion: 0,
        events: history.events.map(({ event, happenedAt }) => ({
          type: event.type,
          data: (event.type === 'CrimeTipReceived'
            ? { ...event.data, content: sealed, receivedBy: actor.id }
            : event.data) as unknown as EventData,
          happenedAt,
        })),
        meta: { actor, correlationId, causationId: null, happenedAt: row.receivedAt, source: 'import' },
        idempotency: { key: keyOf(row), fingerprint: fingerprintOf(row, key) },
      };
    });
    for (const verdict of await context.store.appendIn(tx, commands)) {
      if (verdict.kind !== 'appended') throw new ChunkRaced();
    }
    await this.known.raiseSeries(
      tx,
      fresh.map(({ row }) => numberOf(row)),
    );
  }
}

/** Another writer took a row of this chunk in the meantime; the chunk is judged again. */
export class ChunkRaced extends Error {
  readonly code = 'ChunkRaced';
  constructor() {
    super('another writer took a row of this chunk in the meantime');
    this.name = 'ChunkRaced';
  }
}

function tipIdOf({ unitCode, number, year }: TipRow): string {
  return tipIdOfRegister(unitCode, number, year);
}

function keyOf({ unitCode, number, year }: TipRow): string {
  return `import/tip/${unitCode}/${number}/${year}`;
}

function numberOf({ unitCode, number, year }: TipRow): {
  series: string;
  unitCode: string;
  number: number;
  year: number;
} {
  return { series: registerSeries(unitCode), unitCode, number, year };
}

/** The row's content without its place in the file: the same tip from another file is the same. */
function contentOf(row: TipRow): string {
  return JSON.stringify(row, (key, value: unknown) => (key === 'line' ? undefined : value));
}

/** Keyed with the tip's own key: tells nothing to who reads the log, and nothing at all once the key is erased. */
function fingerprintOf(row: TipRow, key: Buffer): string {
  return createHmac('sha256', key).update('tip-row/1').update(contentOf(row)).digest('hex');
}

function alreadyRegistered({ line, number, unitCode, year }: TipRow): ReturnType<typeof importFault> {
  return importFault('AlreadyRegisteredOtherwise', line, 'register_number', { number, unit: unitCode, year });
}
