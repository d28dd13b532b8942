import type { Caller } from '@app/http';
import { type Queryable, type TipKey, type TipKeyring } from './tip-keyring.js';
import { openText, sealText } from './sealed-box.js';

/** Who gave a tip, as far as told (name, address, phone, idNumber, …). */
export type Informant = Readonly<Record<string, unknown>>;

/** One look at, or act upon, what the vault keeps. */
export interface Access {
  at: string;
  actorId: string;
  role: string;
  unit: string;
  tipId: string;
  /** `<noun>.<verb>`, for example `informant.reveal`. */
  what: string;
  reason: string | null;
}

/** An entry of the access log, with its place in it. */
export interface AccessEntry extends Access {
  id: number;
}

const informantPlace = (tipId: string): string => `vault.informants:${tipId.toLowerCase()}`;

/** Keep informants, sealed with their tips' keys, in one statement; the keys must be stored before. */
export async function storeInformants(
  tx: Queryable,
  informants: readonly (TipKey & { informant: Informant })[],
): Promise<void> {
  if (informants.length === 0) return;
  await tx.query(
    `INSERT INTO vault.informants (tip_id, sealed)
     SELECT * FROM unnest($1::uuid[], $2::text[])
     ON CONFLICT (tip_id) DO UPDATE SET sealed = excluded.sealed, written_at = now()`,
    [
      informants.map(({ tipId }) => tipId),
      informants.map(({ tipId, key, informant }) => sealText(key, JSON.stringify(informant), informantPlace(tipId))),
    ],
  );
}

/** A tip as it enters the vault: its key, who told, and who has its text before them while it is answered. */
export interface NewConfidential extends TipKey {
  informant?: Informant;
  reader: Pick<Caller, 'id' | 'role' | 'unit'>;
  at: Date;
}

/**
 * Keep keys, informants and the record that each text was shown to its reader, of any number of new tips: one
 * statement, and outside a transaction one commit. A tip that has a key is a fault (unique violation).
 */
export async function keepConfidential(
  db: Queryable,
  keyring: TipKeyring,
  tips: readonly NewConfidential[],
): Promise<void> {
  const told = tips.filter(({ informant }) => informant !== undefined);
  await db.query({
    name: 'vault-keep',
    text: `WITH kept AS (
        INSERT INTO vault.keys (tip_id, wrapped_key) SELECT * FROM unnest($1::uuid[], $2::bytea[])
      ), told AS (
        INSERT INTO vault.informants (tip_id, sealed) SELECT * FROM unnest($3::uuid[], $4::text[])
      )
      INSERT INTO vault.access_log (at, actor_id, role, unit, tip_id, what)
      SELECT *, 'content.read' FROM unnest($5::timestamptz[], $6::text[], $7::text[], $8::text[], $1::uuid[])`,
    values: [
      tips.map(({ tipId }) => tipId),
      tips.map((tip) => keyring.wrapped(tip)),
      told.map(({ tipId }) => tipId),
      told.map(({ tipId, key, informant }) => sealText(key, JSON.stringify(informant), informantPlace(tipId))),
      tips.map(({ at }) => at),
      tips.map(({ reader }) => reader.id),
      tips.map(({ reader }) => reader.role),
      tips.map(({ reader }) => reader.unit),
    ],
  });
}

/** Add to the access log; it cannot be changed afterwards. */
export async function recordAccess(
  tx: Queryable,
  reader: Pick<Caller, 'id' | 'role' | 'unit'>,
  access: { at: Date; tipId: string; what: string; reason: string | null },
): Promise<void> {
  await tx.query(
    `INSERT INTO vault.access_log (at, actor_id, role, unit, tip_id, what, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [access.at, reader.id, reader.role, reader.unit, access.tipId, access.what, access.reason],
  );
}

/**
 * Reveal who gave a tip, and record that it was revealed, in the caller's transaction: no record, no answer.
 * Whether the reader may is the use case's to judge before.
 * @returns null when the tip has none
 * @throws KeyErased
 */
export async function revealInformant(
  tx: Queryable,
  keyring: TipKeyring,
  reader: Pick<Caller, 'id' | 'role' | 'unit'>,
  { tipId, reason, at }: { tipId: string; reason: string; at: Date },
): Promise<Informant | null> {
  await recordAccess(tx, reader, { at, tipId, what: 'informant.reveal', reason });
  const { rows } = await tx.query<{ sealed: string }>(`SELECT sealed FROM vault.informants WHERE tip_id = $1`, [tipId]);
  const key = await keyring.keyOf(tx, tipId);
  const sealed = rows[0]?.sealed;
  return sealed === undefined ? null : (JSON.parse(openText(key, sealed, informantPlace(tipId))) as Informant);
}

/**
 * The access log, newest first.
 * @param query `before`: id of the last entry already given
 */
export async function accessLog(
  tx: Queryable,
  query: { limit: number; before?: number; tipId?: string; actorId?: string },
): Promise<AccessEntry[]> {
  const { rows } = await tx.query<AccessEntry & { at: Date | string }>(
    `SELECT id::int8 AS id, at, actor_id AS "actorId", role, unit, tip_id AS "tipId", what, reason
     FROM vault.access_log
     WHERE ($1::bigint IS NULL OR id < $1) AND ($2::uuid IS NULL OR tip_id = $2) AND ($3::text IS NULL OR actor_id = $3)
     ORDER BY id DESC LIMIT $4`,
    [query.before ?? null, query.tipId ?? null, query.actorId ?? null, query.limit],
  );
  return rows.map((row) => ({ ...row, id: Number(row.id), at: new Date(row.at).toISOString() }));
}
