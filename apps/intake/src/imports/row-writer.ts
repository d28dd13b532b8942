import type { Actor } from '@app/event-store';
import type { ServiceContext } from '@app/service';
import type { LawHistory } from '@app/legal-time-limits';
import type { TipKeyring } from '@app/security';
import type { PoolClient } from 'pg';
import type { RawRow } from './cells.js';
import type { ImportFault } from './import-fault.js';
import type { ImportUnit } from './tip-history.js';

/** What became of one row of the file (with its further rows). */
export type RowResult = { kind: 'accepted' | 'unchanged' } | { kind: 'rejected'; faults: ImportFault[] };

/** A row with the further rows that belong to it. */
export interface RowGroup {
  row: RawRow;
  further: readonly RawRow[];
}

/** What the writers of one import share. */
export interface ImportGround {
  context: ServiceContext;
  keyring: TipKeyring;
  dryRun: boolean;
  actor: Actor;
  correlationId: string;
  /** Local RFC 3339: nothing imported happens after it. */
  now: string;
  /** The law as published when the import began: nothing published later came before what is imported. */
  law: LawHistory;
  units: ImportUnits;
}

/** The register of units as this import sees it, its own units file included. */
export interface ImportUnits {
  get(code: string): ImportUnit | undefined;
  add(unit: ImportUnit): void;
}

/**
 * Takes rows of one kind of file: `prepare` judges a chunk and needs no transaction, `write` puts it into the log.
 * Results are in the order of the chunk.
 */
export interface RowWriter {
  prepare(chunk: readonly RowGroup[]): Promise<PreparedChunk>;
}

export interface PreparedChunk {
  results: RowResult[];
  /** Writes what was accepted, in the caller's transaction; absent when there is nothing to write. */
  write?: (tx: PoolClient) => Promise<void>;
}
