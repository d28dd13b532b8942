import type { Migration } from '@app/event-store';
import { scopePolicySql } from '@app/security';

/** The read models of intake; the log, the unit tree, the vault and imports bring their own migrations. */
export function intakeMigrations(schema: string): Migration[] {
  return [
    {
      id: 'intake-0001-tip-list',
      sql: `
        CREATE TABLE ${schema}.tip_list (
          tip_id uuid PRIMARY KEY,
          number int NOT NULL,
          year int NOT NULL,
          status text NOT NULL,
          kind text NOT NULL,
          channel text NOT NULL,
          received_at timestamptz NOT NULL,
          received_by text NOT NULL,
          received_by_account text NOT NULL,
          unit_code text NOT NULL,
          supervised_by text NOT NULL,
          commune_code text,
          category text,
          article int,
          clause int,
          informant_given boolean NOT NULL,
          informant_refused boolean NOT NULL,
          classified_at timestamptz,
          competent boolean,
          urgent boolean,
          signs_of_crime boolean,
          transferred_at timestamptz,
          transferred_to text,
          transfer_acknowledged_at timestamptz,
          accepted_at timestamptz,
          assigned_at timestamptz,
          investigator text,
          prolonged_at timestamptz,
          prolonged_to date,
          suspended_at timestamptz,
          suspension_ground text,
          resumed_at timestamptz,
          decided_at timestamptz,
          outcome text,
          case_id uuid,
          term_rule text,
          term_cites jsonb,
          term_safe_by text,
          term_due text,
          term_latest text,
          due_at timestamptz,
          late_at timestamptz,
          version int NOT NULL,
          state jsonb NOT NULL,
          versions jsonb NOT NULL DEFAULT '{}'
        );
        -- The lists: newest first, most pressing first, and by register number.
        CREATE INDEX tip_list_received ON ${schema}.tip_list (received_at DESC, tip_id DESC);
        CREATE INDEX tip_list_unit_received ON ${schema}.tip_list (unit_code, received_at DESC, tip_id DESC);
        CREATE INDEX tip_list_pressing ON ${schema}.tip_list (due_at, tip_id) WHERE due_at IS NOT NULL;
        CREATE INDEX tip_list_unit_pressing ON ${schema}.tip_list (unit_code, due_at, tip_id) WHERE due_at IS NOT NULL;
        CREATE INDEX tip_list_number ON ${schema}.tip_list (number, year);
        CREATE INDEX tip_list_on_its_way ON ${schema}.tip_list (transferred_to)
          WHERE transferred_at IS NOT NULL AND transfer_acknowledged_at IS NULL;
        CREATE INDEX tip_list_investigator ON ${schema}.tip_list (investigator) WHERE decided_at IS NULL;
        ${scopePolicySql(schema, 'tip_list', ['unit_code', 'received_by', 'supervised_by', 'transferred_to'])}
      `,
    },
    {
      id: 'intake-0002-tip-list-by-unit',
      sql: `
        CREATE INDEX tip_list_supervised_received ON ${schema}.tip_list (supervised_by, received_at DESC, tip_id DESC);
        -- A tip that a unit received and sent on, and one that is on its way to a unit, beside those it answers for.
        CREATE INDEX tip_list_receiver_received ON ${schema}.tip_list (received_by, received_at DESC, tip_id DESC)
          WHERE received_by <> unit_code;
        CREATE INDEX tip_list_receiver_pressing ON ${schema}.tip_list (received_by, due_at, tip_id)
          WHERE due_at IS NOT NULL AND received_by <> unit_code;
        CREATE INDEX tip_list_target_received ON ${schema}.tip_list (transferred_to, received_at DESC, tip_id DESC)
          WHERE transferred_to <> unit_code;
        CREATE INDEX tip_list_supervised_pressing ON ${schema}.tip_list (supervised_by, due_at, tip_id)
          WHERE due_at IS NOT NULL;
        -- What is seldom, so that looking for it from the newest does not pass over all the others. Most tips are decided.
        CREATE INDEX tip_list_status_received ON ${schema}.tip_list (status, received_at DESC, tip_id DESC)
          WHERE status NOT IN ('initiated', 'not_initiated');
        CREATE INDEX tip_list_unacknowledged ON ${schema}.tip_list (received_at DESC, tip_id DESC)
          WHERE transferred_at IS NOT NULL AND transfer_acknowledged_at IS NULL;
        CREATE INDEX tip_list_category_received ON ${schema}.tip_list (category, received_at DESC, tip_id DESC);
        CREATE INDEX tip_list_commune_received ON ${schema}.tip_list (commune_code, received_at DESC, tip_id DESC);
        CREATE INDEX tip_list_investigator_received ON ${schema}.tip_list (investigator, received_at DESC, tip_id DESC)
          WHERE investigator IS NOT NULL;
        DROP INDEX ${schema}.tip_list_on_its_way;
        DROP INDEX ${schema}.tip_list_investigator;
      `,
    },
  ];
}
