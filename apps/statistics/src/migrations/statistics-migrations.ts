import type { Migration } from '@app/event-store';
import { lawMigrations } from '@app/law-book';
import { messagingMigrations } from '@app/messaging';
import {
  endedTimesMigration,
  factIndexMigration,
  recordedIndexMigration,
  rollupMigrations,
} from '../rollups/rollup-migrations.js';
import { scopePolicySql, securityMigrations, unitTreeMigrations } from '@app/security';
import { areaVersionsMigration, factsVersionMigration } from '../matters/facts-version.js';
import { SCHEMA } from './schema.js';

export { SCHEMA };

/**
 * Facts of each matter as indicators ask for them: every milestone as a pair of its legal moment (`…_at`) and the moment
 * the system learned of it (`…_recorded_at`). A report as of T leaves out what was recorded later, so the facts of the
 * past stay: what is replaced moves into the `earlier_…` columns, which are null for all but a few matters.
 *
 * `…_breach_at` is the first moment that is late: the midnight after the latest arguable day, or the end of an hour term.
 */
const tipFacts = `
  CREATE TABLE statistics.tip_facts (
    tip_id uuid PRIMARY KEY,
    register_number integer NOT NULL,
    register_year integer NOT NULL,
    kind text NOT NULL,
    category text,

    received_at timestamptz NOT NULL,
    received_recorded_at timestamptz NOT NULL,
    received_by text COLLATE "C" NOT NULL,
    received_supervised_by text COLLATE "C" NOT NULL,
    received_level text NOT NULL,
    received_remote boolean NOT NULL,

    -- Responsible now, by what is recorded.
    unit_code text COLLATE "C" NOT NULL,
    supervised_by text COLLATE "C" NOT NULL,
    responsible_recorded_at timestamptz NOT NULL,
    earlier_responsible jsonb,

    classified_at timestamptz,
    classified_recorded_at timestamptz,
    classified_in_time boolean,
    classify_breach_at timestamptz,
    competent boolean,
    urgent boolean,
    transferred_at timestamptz,
    transferred_to text,

    -- The first of: transfer acknowledged, investigator assigned, decided.
    handled_at timestamptz,
    handled_recorded_at timestamptz,
    handled_in_time boolean,

    -- The acceptance by a competent body that holds now; an acknowledged transfer releases it.
    accepted_at timestamptz,
    accepted_recorded_at timestamptz,
    accepted_unit text COLLATE "C",
    accepted_supervised_by text COLLATE "C",
    assigned_at timestamptz,
    assigned_recorded_at timestamptz,
    investigator text,
    released_at timestamptz,
    released_recorded_at timestamptz,
    earlier_acceptances jsonb,

    -- Acts that move the term of verification, for the engine of time limits; null when there was none.
    term_acts jsonb,
    term_rule text,
    term_safe_by date,
    term_due date,
    term_latest_arguable date,
    term_breach_at timestamptz,
    term_recorded_at timestamptz,
    earlier_terms jsonb,

    suspended_at timestamptz[],
    suspended_recorded_at timestamptz[],
    resumed_at timestamptz[],
    resumed_recorded_at timestamptz[],
    is_suspended boolean NOT NULL,

    decided_at timestamptz,
    decided_recorded_at timestamptz,
    outcome text,
    decided_unit text COLLATE "C",
    decided_supervised_by text COLLATE "C",
    case_id uuid,
    merged_at timestamptz,
    merged_recorded_at timestamptz,

    versions jsonb NOT NULL DEFAULT '{}'
  ) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

  CREATE INDEX tip_facts_received ON statistics.tip_facts (received_at);
  CREATE INDEX tip_facts_decided ON statistics.tip_facts (decided_at) WHERE decided_at IS NOT NULL;
  CREATE INDEX tip_facts_decided_recorded ON statistics.tip_facts (decided_recorded_at) WHERE decided_at IS NOT NULL;
  CREATE INDEX tip_facts_accepted ON statistics.tip_facts (accepted_at) WHERE accepted_at IS NOT NULL;
  CREATE INDEX tip_facts_undecided ON statistics.tip_facts (tip_id) WHERE decided_at IS NULL;
  CREATE INDEX tip_facts_running_terms ON statistics.tip_facts (term_breach_at)
    WHERE decided_at IS NULL AND merged_at IS NULL AND NOT is_suspended AND term_breach_at IS NOT NULL;
  CREATE INDEX tip_facts_earlier_acceptances ON statistics.tip_facts (tip_id) WHERE earlier_acceptances IS NOT NULL;
  ${scopePolicySql(SCHEMA, 'tip_facts', [
    'unit_code',
    'received_by',
    'supervised_by',
    'accepted_unit',
    'accepted_supervised_by',
    'received_supervised_by',
  ])}
`;

const caseFacts = `
  CREATE TABLE statistics.case_facts (
    case_id uuid PRIMARY KEY,
    tip_id uuid,
    case_number text,
    case_year integer,
    unit_code text COLLATE "C" NOT NULL,
    supervised_by text COLLATE "C" NOT NULL,
    initiated_at timestamptz NOT NULL,
    opened_recorded_at timestamptz NOT NULL,
    category text NOT NULL,
    class text NOT NULL,
    juvenile boolean NOT NULL,
    shortened boolean NOT NULL,
    accused_count integer NOT NULL,

    -- The round of prosecution at hand: conclusion, complete file, term, decision. A returned file starts a new round.
    concluded_at timestamptz,
    concluded_recorded_at timestamptz,
    proposes_prosecution boolean,
    file_received_at timestamptz,
    file_received_recorded_at timestamptz,
    base_breach_at timestamptz,
    term_rule text,
    term_safe_by date,
    term_due date,
    term_latest_arguable date,
    term_breach_at timestamptz,
    term_recorded_at timestamptz,
    earlier_terms jsonb,
    decided_at timestamptz,
    decided_recorded_at timestamptz,
    decision text,
    earlier_rounds jsonb,

    versions jsonb NOT NULL DEFAULT '{}'
  ) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

  CREATE INDEX case_facts_decided ON statistics.case_facts (decided_at) WHERE decided_at IS NOT NULL;
  CREATE INDEX case_facts_term_ends ON statistics.case_facts (term_breach_at) WHERE term_breach_at IS NOT NULL;
  CREATE INDEX case_facts_running_terms ON statistics.case_facts (term_breach_at)
    WHERE decided_at IS NULL AND term_breach_at IS NOT NULL;
  CREATE INDEX case_facts_earlier_rounds ON statistics.case_facts (case_id) WHERE earlier_rounds IS NOT NULL;
  ${scopePolicySql(SCHEMA, 'case_facts', ['unit_code', 'supervised_by'])}
`;

/** Everything the statistics service keeps, in order. Released migrations are never edited. */
export function statisticsMigrations(): Migration[] {
  return [
    ...messagingMigrations(SCHEMA),
    ...securityMigrations(SCHEMA),
    ...unitTreeMigrations(SCHEMA),
    { id: 'statistics-0001-tip-facts', sql: tipFacts },
    { id: 'statistics-0002-case-facts', sql: caseFacts },
    ...rollupMigrations(SCHEMA),
    factsVersionMigration(SCHEMA),
    factIndexMigration(SCHEMA),
    endedTimesMigration(SCHEMA),
    areaVersionsMigration(SCHEMA),
    ...lawMigrations(SCHEMA),
    { id: 'statistics-0009-term-extension', sql: 'ALTER TABLE statistics.case_facts ADD COLUMN term_extension jsonb' },
    recordedIndexMigration(SCHEMA),
  ];
}
