import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';

const KEY = `CASE WHEN t.rung = 'breach' THEN 'breach/' || t.obligation_id || '/'
  ELSE 'alert/' || t.obligation_id || '/' || t.rung || '/' END
  || to_char(t.fires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * The queue of timers is not a function of the events alone: what has fired has left it, and an alert that is due but was
 * not fired yet may lie before the last event of its matter. Both are carried over into rebuilt tables: a timer whose
 * event is in the log goes, a due one that still waits stays.
 */
export async function keepTimers(tx: PoolClient, at: { live: string; shadow: string }): Promise<void> {
  const [live, shadow] = [identifier(at.live), identifier(at.shadow)];
  await tx.query(
    `DELETE FROM ${shadow}.timers t WHERE t.fires_at < statement_timestamp()
       AND EXISTS (SELECT FROM ${live}.commands c WHERE c.key = ${KEY})`,
  );
  await tx.query(
    `INSERT INTO ${shadow}.timers (obligation_id, rung, fires_at)
     SELECT t.obligation_id, t.rung, t.fires_at FROM ${live}.timers t
     WHERE t.fires_at < statement_timestamp() AND t.rung <> 'breach'
       AND EXISTS (SELECT FROM ${shadow}.obligations o WHERE o.id = t.obligation_id AND o.state = 'open')
     ON CONFLICT DO NOTHING`,
  );
}
