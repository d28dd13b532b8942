import type { CalendarVersionPublished, RuleVersionPublished } from '@app/contracts';
import { type AppendCommand, type EventStore, inTransaction } from '@app/event-store';
import { type Caller, HttpProblem } from '@app/http';
import type { LawVersion } from '@app/legal-time-limits';
import { seeAllUnits } from '@app/security';
import type { Pool } from 'pg';
import { type Condition, type LawChange, mayMove } from './affected-matters.js';
import { holdLaw, LAW_STREAM, type LawBook } from './law-book.js';

/** A publication that is ready to be written: made again for the version that is the newest once the door is shut. */
export interface Publication {
  type: 'CalendarVersionPublished' | 'RuleVersionPublished';
  data: CalendarVersionPublished | RuleVersionPublished;
  change: LawChange;
}

export interface PublishRequest {
  caller: Caller;
  correlationId: string;
  idempotency: { key: string; fingerprint: string } | undefined;
  /** Number of the newest version that the preview was made with. */
  basedOn: number;
  /** @param publishedAt RFC 3339 */
  publicationAfter(last: LawVersion, publishedAt: string): Publication;
}

export interface Published {
  lawNumber: number;
  publishedAt: string;
  /** Matters that are calculated again. */
  queued: number;
}

/** 409: another version was published after the preview. */
export function lawChanged(basedOn: number, newest: number): HttpProblem {
  return new HttpProblem(
    409,
    'LawVersionChanged',
    {
      vi: 'Một phiên bản khác vừa được công bố sau khi anh/chị xem trước. Hãy xem trước lại rồi công bố.',
      en: 'Another version was published after your preview. Preview again, then publish.',
    },
    { basedOn, newest },
  );
}

/** 409: the number of duties that would move is not the one that was confirmed. */
export function movesChanged(confirmed: number, actual: number): HttpProblem {
  return new HttpProblem(
    409,
    'MovesChanged',
    {
      vi: `Số nghĩa vụ sẽ dời hạn là ${actual}, không phải ${confirmed} như đã xác nhận. Hãy xem lại rồi xác nhận con số mới.`,
      en: `${actual} duties would move, not ${confirmed} as confirmed. Look again and confirm the new number.`,
    },
    { confirmed, actual },
  );
}

/**
 * What the first request with this key published; null when there was none.
 *
 * @throws Error with code IdempotencyKeyReused when that was another request
 */
export async function firstAnswer(
  db: Pick<Pool, 'query'>,
  idempotency: PublishRequest['idempotency'],
): Promise<Published | null> {
  if (!idempotency) return null;
  const { rows } = await db.query<Published & { fingerprint: string }>(
    `SELECT k.fingerprint, (e.data->>'lawNumber')::int AS "lawNumber", e.data->>'publishedAt' AS "publishedAt",
       coalesce(r.queued, 0) AS queued
     FROM deadlines.commands k JOIN deadlines.events e ON e.stream = k.stream AND e.version = k.first_version
     LEFT JOIN deadlines.recomputes r ON r.law_number = (e.data->>'lawNumber')::int
     WHERE k.key = $1`,
    [idempotency.key],
  );
  const [known] = rows;
  if (!known) return null;
  const { fingerprint, ...published } = known;
  if (fingerprint === idempotency.fingerprint) return published;
  throw Object.assign(new Error('the key was used for another request'), { code: 'IdempotencyKeyReused' });
}

/**
 * Publish a version of the law: the event, and the queue of matters to calculate again, in one transaction. While it runs
 * no facts are merged; from its commit on every calculation goes by the new version.
 *
 * @param now the moment of publication
 * @throws HttpProblem LawVersionChanged when another version came first; IdempotencyKeyReused
 */
export function publishLaw(
  pool: Pool,
  store: EventStore,
  law: LawBook,
  now: Date,
  { caller, correlationId, idempotency, basedOn, publicationAfter }: PublishRequest,
): Promise<Published> {
  return inTransaction(pool, async (tx) => {
    await holdLaw(tx);
    await seeAllUnits(tx);
    const last = await law.newest(tx);
    const first = await firstAnswer(tx, idempotency);
    if (first) return first;
    if (last.number !== basedOn) throw lawChanged(basedOn, last.number);
    const { rows } = await tx.query<{ version: number }>(
      'SELECT coalesce(max(version), 0)::int AS version FROM deadlines.events WHERE stream = $1',
      [LAW_STREAM],
    );
    // Two clocks may differ: a version is never older than the one that it follows.
    const earliest = last.publishedAt === null ? 0 : Date.parse(last.publishedAt) + 1;
    const publishedAt = new Date(Math.max(now.getTime(), earliest)).toISOString();
    const { type, data, change } = publicationAfter(last, publishedAt);
    const command: AppendCommand = {
      stream: LAW_STREAM,
      expectedVersion: rows[0]!.version,
      events: [{ type, data: { ...data } }],
      meta: {
        actor: { id: caller.id, role: caller.role, unit: caller.unit },
        correlationId,
        causationId: null,
        happenedAt: publishedAt,
        source: 'ui',
      },
      ...(idempotency ? { idempotency } : {}),
    };
    const [verdict] = await store.appendIn(tx, [command]);
    if (verdict?.kind !== 'appended') throw lawChanged(basedOn, last.number);
    const queued = await queueMatters(tx, data.lawNumber, mayMove(change, 2), publishedAt);
    return { lawNumber: data.lawNumber, publishedAt, queued };
  });
}

async function queueMatters(
  tx: Pick<Pool, 'query'>,
  lawNumber: number,
  { sql, values }: Condition,
  publishedAt: string,
): Promise<number> {
  const queued = await tx.query(
    `INSERT INTO deadlines.recompute_queue (law_number, matter_id)
     SELECT DISTINCT $1::int, o.matter_id FROM deadlines.obligations o WHERE ${sql}`,
    [lawNumber, ...values],
  );
  await tx.query('INSERT INTO deadlines.recomputes (law_number, queued, started_at) VALUES ($1, $2, $3)', [
    lawNumber,
    queued.rowCount ?? 0,
    publishedAt,
  ]);
  return queued.rowCount ?? 0;
}
