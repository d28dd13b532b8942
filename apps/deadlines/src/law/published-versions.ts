import type { CalendarVersionPublished, RuleVersionPublished } from '@app/contracts';
import type { Pool } from 'pg';
import { LAW_STREAM } from './law-book.js';

/** How far a publication has been carried out. */
export interface RecomputeState {
  /** Matters that it may concern. */
  queued: number;
  lookedAt: number;
  /** Duties that moved. */
  moved: number;
  finishedAt: string | null;
  /** Matters that could not be calculated and are tried again. */
  failing: number;
}

/** One publication as it stands in the log, with how far it has been carried out. */
export interface PublishedVersion {
  type: 'CalendarVersionPublished' | 'RuleVersionPublished';
  data: CalendarVersionPublished | RuleVersionPublished;
  publishedBy: string;
  recompute: RecomputeState | null;
}

/** Every publication of one kind, the newest first; at most `limit` with a number below `before`. */
export async function publishedVersions(
  pool: Pool,
  type: PublishedVersion['type'],
  page: { limit: number; before: number | undefined },
): Promise<PublishedVersion[]> {
  const { rows } = await pool.query<{
    type: PublishedVersion['type'];
    data: PublishedVersion['data'];
    publishedBy: string;
    queued: number | null;
    lookedAt: number;
    moved: number;
    finishedAt: Date | null;
    failing: number;
  }>(
    `SELECT e.type, e.data, e.meta->'actor'->>'id' AS "publishedBy", r.queued, r.looked_at AS "lookedAt", r.moved,
       r.finished_at AS "finishedAt", (SELECT count(*)::int FROM deadlines.recompute_queue q
         WHERE q.law_number = r.law_number AND q.last_error IS NOT NULL) AS failing
     FROM deadlines.events e LEFT JOIN deadlines.recomputes r ON r.law_number = (e.data->>'lawNumber')::int
     WHERE e.stream = $1 AND e.type = $2 AND (e.data->>'lawNumber')::int < $3
     ORDER BY e.version DESC LIMIT $4`,
    [LAW_STREAM, type, page.before ?? 2 ** 31 - 1, page.limit],
  );
  return rows.map(({ type: kind, data, publishedBy, queued, lookedAt, moved, finishedAt, failing }) => ({
    type: kind,
    data,
    publishedBy,
    recompute:
      queued === null ? null : { queued, lookedAt, moved, finishedAt: finishedAt?.toISOString() ?? null, failing },
  }));
}
