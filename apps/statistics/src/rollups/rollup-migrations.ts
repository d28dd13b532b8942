import type { Migration } from '@app/event-store';
import { APP_ROLE, scopePolicySql } from '@app/security';
import { ENDED_TIMES } from './rollup-tables.js';

/**
 * Sums over the facts (`apps/statistics/src/rollups`): cells of a day, a month and a year per unit, per group of units
 * (an empty `supervised_by`) and for all (`*`). Null is nothing. The columns are those of `rollup-tables.ts`.
 */
const cells = (schema: string, table: string, columns: readonly string[]): string => `
  CREATE TABLE ${schema}.${table} (
    unit text COLLATE "C" NOT NULL,
    grain smallint NOT NULL,
    bucket integer NOT NULL,
    supervised_by text COLLATE "C" NOT NULL,
    ${columns.map((column) => `${column} integer`).join(', ')},
    PRIMARY KEY (unit, grain, bucket, supervised_by)
  ) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
  CREATE INDEX ${table}_supervised ON ${schema}.${table} (supervised_by, grain, bucket) WHERE supervised_by <> '';
  ${scopePolicySql(schema, table, ['unit', 'supervised_by'])}
`;

const pairs = (schema: string, table: string, columns: readonly string[], further = ''): string => `
  CREATE TABLE ${schema}.${table} (
    unit text COLLATE "C" NOT NULL,
    ended_grain smallint NOT NULL,
    ended integer NOT NULL,
    begun_grain smallint NOT NULL,
    begun integer NOT NULL,
    supervised_by text COLLATE "C" NOT NULL,
    ${columns.map((column) => `${column} integer`).join(', ')}${further},
    PRIMARY KEY (unit, ended_grain, ended, begun_grain, begun, supervised_by)
  ) WITH (fillfactor = 70);
  CREATE INDEX ${table}_supervised ON ${schema}.${table} (supervised_by, ended_grain, ended) WHERE supervised_by <> '';
  ${scopePolicySql(schema, table, ['unit', 'supervised_by'])}
`;

const TIP_FLOWS = [
  'r1_denominator',
  'r1_numerator',
  'r1_on_time',
  'r2_denominator',
  'r2_numerator',
  'r2_suspended_or_resolved',
  'r2_suspended',
  'r2_accepted',
  'r2_resumed',
  'r2_transferred_out',
  'r2_merged',
  'r2i_numerator',
  't1_closed',
  't2_closed',
  't3_closed',
  't1_open',
  't2_open',
  't3_open',
];
const TIP_CELLS = [
  ...TIP_FLOWS,
  'r2_denominator_stock',
  'open_now',
  'suspended_now',
  'late_stock',
  'due_on',
  'safe_on',
];
const TIP_PAIRS = TIP_FLOWS.filter((column) => column.startsWith('r2') || column === 't1_closed');
const CASE_FLOWS = [
  'r4_numerator',
  'r4_denominator',
  'r4_open',
  'r4_all_decisions_on_time',
  'r4_all_decisions',
  'r4_in_base_term',
];

/** The rollups, empty: existing facts are added when the service starts (`rollup-filler.ts`). */
export function rollupMigrations(schema: string): Migration[] {
  return [
    {
      id: 'statistics-0003-rollups',
      sql: `
        SELECT set_config('app.units', '*', true);
        ${cells(schema, 'tip_rollup', TIP_CELLS)}
        ${pairs(schema, 'tip_rollup_pairs', TIP_PAIRS, ', t1 bytea, t1_buckets bytea')}
        ${cells(schema, 'case_rollup', [...CASE_FLOWS, 'r4_open_stock', 'due_on', 'safe_on'])}
        ${pairs(schema, 'case_rollup_pairs', CASE_FLOWS)}

        -- Processing times: values appended as 32-bit numbers, buckets of a sketch when there are many (log-sketch.ts).
        CREATE TABLE ${schema}.tip_times (
          unit text COLLATE "C" NOT NULL,
          grain smallint NOT NULL,
          bucket integer NOT NULL,
          supervised_by text COLLATE "C" NOT NULL,
          t1 bytea, t1_buckets bytea, t2 bytea, t2_buckets bytea, t3 bytea, t3_buckets bytea, t4 bytea, t4_buckets bytea,
          PRIMARY KEY (unit, grain, bucket, supervised_by)
        ) WITH (fillfactor = 70);
        CREATE INDEX tip_times_supervised ON ${schema}.tip_times (supervised_by, grain, bucket) WHERE supervised_by <> '';
        ${scopePolicySql(schema, 'tip_times', ['unit', 'supervised_by'])}

        -- Tips by month of reception, category and where they stand now.
        CREATE TABLE ${schema}.tip_categories (
          unit text COLLATE "C" NOT NULL,
          month integer NOT NULL,
          category text NOT NULL,
          status text NOT NULL,
          supervised_by text COLLATE "C" NOT NULL,
          tips integer,
          PRIMARY KEY (unit, month, category, status, supervised_by)
        ) WITH (fillfactor = 70);
        ${scopePolicySql(schema, 'tip_categories', ['unit', 'supervised_by'])}

        -- While a row is here, facts after that id are not yet in the rollups, and figures are counted on the facts.
        CREATE TABLE ${schema}.tip_rollup_backlog (
          singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), filled_up_to uuid NOT NULL);
        INSERT INTO ${schema}.tip_rollup_backlog (filled_up_to)
          SELECT '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT FROM ${schema}.tip_facts);
        CREATE TABLE ${schema}.case_rollup_backlog (
          singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), filled_up_to uuid NOT NULL);
        INSERT INTO ${schema}.case_rollup_backlog (filled_up_to)
          SELECT '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT FROM ${schema}.case_facts);
        GRANT SELECT ON ${schema}.tip_rollup_backlog, ${schema}.case_rollup_backlog TO ${APP_ROLE};

        -- What was recorded after a moment, and what is not yet due: few rows that a figure of now leaves out.
        ALTER TABLE ${schema}.tip_facts ADD COLUMN last_recorded_at timestamptz GENERATED ALWAYS AS (greatest(
          received_recorded_at, responsible_recorded_at, classified_recorded_at, handled_recorded_at,
          accepted_recorded_at, assigned_recorded_at, released_recorded_at, term_recorded_at, decided_recorded_at,
          merged_recorded_at, suspended_recorded_at[cardinality(suspended_recorded_at)],
          resumed_recorded_at[cardinality(resumed_recorded_at)])) STORED;
        ALTER TABLE ${schema}.case_facts ADD COLUMN last_recorded_at timestamptz GENERATED ALWAYS AS (greatest(
          opened_recorded_at, concluded_recorded_at, file_received_recorded_at, term_recorded_at,
          decided_recorded_at)) STORED;
        CREATE INDEX tip_facts_recorded ON ${schema}.tip_facts (last_recorded_at);
        CREATE INDEX case_facts_recorded ON ${schema}.case_facts (last_recorded_at);
        CREATE INDEX tip_facts_classification ON ${schema}.tip_facts ((coalesce(classify_breach_at, received_at)));
      `,
    },
    {
      id: 'statistics-0004-classification-index',
      // A coalesce is not leakproof: under row-level security an index on it is never used.
      sql: `
        DROP INDEX ${schema}.tip_facts_classification;
        CREATE INDEX tip_facts_classification ON ${schema}.tip_facts
          ((CASE WHEN classify_breach_at IS NULL THEN received_at ELSE classify_breach_at END));
      `,
    },
  ];
}

/** What is read of the facts themselves beside the sums, each by a range of an index. */
export function factIndexMigration(schema: string): Migration {
  const running = (table: string, condition: string): string =>
    ['unit_code', 'supervised_by']
      .map(
        (column) => `CREATE INDEX ${table}_running_${column} ON ${schema}.${table} (${column}, term_breach_at)
          WHERE ${condition};`,
      )
      .join('\n');
  return {
    id: 'statistics-0006-fact-indexes',
    sql: `
      -- The oldest late matters of a unit.
      ${running('tip_facts', 'decided_at IS NULL AND merged_at IS NULL AND NOT is_suspended AND term_breach_at IS NOT NULL')}
      ${running('case_facts', 'decided_at IS NULL AND term_breach_at IS NOT NULL')}
      -- Tips that were not over at the start of a period, in the order in which lists show them.
      CREATE INDEX tip_facts_undecided_received ON ${schema}.tip_facts (received_at, tip_id) WHERE decided_at IS NULL;
      DROP INDEX ${schema}.tip_facts_decided;
      CREATE INDEX tip_facts_decided ON ${schema}.tip_facts (decided_at, received_at) WHERE decided_at IS NOT NULL;
      DROP INDEX ${schema}.tip_facts_received;
      CREATE INDEX tip_facts_received ON ${schema}.tip_facts (received_at, tip_id);
    `,
  };
}

/**
 * Times that have ended by the day of acceptance, and buckets that do not reach across the days of shares: what was added
 * up before is added up anew.
 */
export function endedTimesMigration(schema: string): Migration {
  const columns = ENDED_TIMES.flatMap((time) => [time, `${time}_buckets`]);
  return {
    id: 'statistics-0007-ended-times',
    sql: `
      SELECT set_config('app.units', '*', true);
      ALTER TABLE ${schema}.tip_times ${columns.map((column) => `ADD COLUMN ${column} bytea`).join(', ')};
      TRUNCATE ${schema}.tip_rollup, ${schema}.tip_rollup_pairs, ${schema}.tip_times, ${schema}.tip_categories,
        ${schema}.tip_rollup_backlog;
      INSERT INTO ${schema}.tip_rollup_backlog (filled_up_to)
        SELECT '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT FROM ${schema}.tip_facts);
      -- Acceptances some time of which may not have ended.
      CREATE INDEX tip_facts_not_ended ON ${schema}.tip_facts (accepted_at)
        WHERE accepted_at IS NOT NULL AND (decided_at IS NULL OR released_at IS NOT NULL OR assigned_at IS NULL);
    `,
  };
}

/** What was recorded since a moment of tips that were received before another: in the index, without reading the tips. */
export const recordedIndexMigration = (schema: string): Migration => ({
  id: 'statistics-0010-recorded-index',
  sql: `
    DROP INDEX ${schema}.tip_facts_recorded;
    CREATE INDEX tip_facts_recorded ON ${schema}.tip_facts (last_recorded_at, received_at);
  `,
});
