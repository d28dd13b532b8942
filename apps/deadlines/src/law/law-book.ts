import { type CalendarVersionPublished, type RuleVersionPublished, STREAMS } from '@app/contracts';
import {
  amendRules,
  calendarWith,
  type LawVersion,
  RELEASED_LAW,
  type RuleAmendment,
  type YearSchedule,
} from '@app/legal-time-limits';
import type { Pool, PoolClient } from 'pg';

/** The one stream that holds every publication: calendars and rules count together, so their order is never in doubt. */
export const LAW_STREAM = `${STREAMS.lawVersion}vn`;

type Queryable = Pick<Pool, 'query'> | Pick<PoolClient, 'query'>;

interface StoredPublication {
  id: string;
  version: number;
  type: string;
  data: object;
}

/**
 * A column that lets its transaction calculate by the law as it is in the next statement: no version is published before
 * the transaction's end. Publications and recomputing take turns with the readers of facts, so that no matter is written
 * by a law that is no longer the newest.
 */
export const SHARE_LAW = `pg_advisory_xact_lock_shared(hashtext('deadlines.law'))`;

/** A value that tells whether a history is the newest one: the id of the last event of the law's stream, or null. */
export const LAW_HEAD = `(SELECT e.id FROM deadlines.events e WHERE e.stream = '${LAW_STREAM}'
  ORDER BY e.version DESC LIMIT 1)`;

/** Let this transaction alone calculate and publish until its end. */
export async function holdLaw(tx: PoolClient): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtext('deadlines.law'))`);
}

/** The schedule that an event carries. */
export function scheduleOfEvent({ year, offDays, workingSaturdays }: CalendarVersionPublished): YearSchedule {
  return {
    year,
    offDays: offDays.map(({ day, kind, vi, en }) => ({ day, kind, name: { vi, en } })),
    workingSaturdays,
  };
}

/** The row that an event adds, as the library takes it. */
export function amendmentOfEvent({ rule, row }: Pick<RuleVersionPublished, 'rule' | 'row'>): RuleAmendment {
  return { rule, ...row } as RuleAmendment;
}

/** `CV 2450/VPCP-KGVX 12/04/2024`. */
export function sourceOf({ number, signedOn }: { number: string; signedOn: string }): string {
  const [year, month, day] = signedOn.split('-');
  return `${number} ${day}/${month}/${year}`;
}

/** The law after one more calendar. */
export function withCalendar(last: LawVersion, event: CalendarVersionPublished): LawVersion {
  const { lawNumber, calendarVersion, document, announcedOn, publishedAt } = event;
  const source = sourceOf(document);
  return {
    number: lawNumber,
    publishedAt,
    publication: 'calendar',
    name: calendarVersion,
    source,
    calendar: calendarWith(last.calendar, scheduleOfEvent(event), {
      version: calendarVersion,
      announcedOn,
      sources: [source],
    }),
    rules: last.rules,
  };
}

/** The law after one more row of a rule. */
export function withRule(last: LawVersion, event: RuleVersionPublished): LawVersion {
  const { lawNumber, rule, row, document, publishedAt } = event;
  const name = `${rule} ${row.from}`;
  return {
    number: lawNumber,
    publishedAt,
    publication: 'rule',
    name,
    source: sourceOf(document),
    calendar: last.calendar,
    rules: amendRules(last.rules, amendmentOfEvent(event), `${last.rules.version}+${name}`),
  };
}

/**
 * The law as published over time, read from the service's own log and nowhere else: whatever table is lost or built anew,
 * every calculation goes by the same versions.
 */
export class LawBook {
  private readonly versions: LawVersion[];
  private readVersion = 0;
  private lastId: string | null = null;

  /** @param released the law before any publication; drills give an earlier one */
  constructor(private readonly released: LawVersion = RELEASED_LAW) {
    this.versions = [released];
  }

  /** The law as released and every publication since, oldest first, as committed now. */
  async history(db: Queryable): Promise<readonly LawVersion[]> {
    const added = await this.read(db, this.readVersion);
    // The last event known must be there still: a log that was restored or emptied is read from its beginning.
    if (this.lastId !== null && added[0]?.id !== this.lastId) {
      this.versions.splice(1);
      this.readVersion = 0;
      this.lastId = null;
      this.add(await this.read(db, 0));
    } else {
      this.add(this.lastId === null ? added : added.slice(1));
    }
    return [...this.versions];
  }

  /** The same, when `LAW_HEAD` is known already: nothing is asked while nothing is new. */
  async historyAt(head: string | null, db: Queryable): Promise<readonly LawVersion[]> {
    return head === this.lastId ? [...this.versions] : this.history(db);
  }

  /** The newest version of the law. */
  async newest(db: Queryable): Promise<LawVersion> {
    return (await this.history(db)).at(-1) ?? this.released;
  }

  private async read(db: Queryable, from: number): Promise<StoredPublication[]> {
    const { rows } = await (db as Pool).query<StoredPublication>({
      name: 'deadlines-law-read',
      text: `SELECT id, version, type, data FROM deadlines.events WHERE stream = $1 AND version >= $2 ORDER BY version`,
      values: [LAW_STREAM, from],
    });
    return rows;
  }

  private add(events: readonly StoredPublication[]): void {
    for (const { id, version, type, data } of events) {
      const last = this.versions.at(-1)!;
      if (type === 'CalendarVersionPublished') this.versions.push(withCalendar(last, data as CalendarVersionPublished));
      if (type === 'RuleVersionPublished') this.versions.push(withRule(last, data as RuleVersionPublished));
      this.readVersion = version;
      this.lastId = id;
    }
  }
}
