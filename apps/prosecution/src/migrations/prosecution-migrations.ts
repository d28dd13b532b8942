import type { Migration } from '@app/event-store';
import { scopePolicySql } from '@app/security';

/** The read models of prosecution; the log and the unit tree bring their own migrations. */
export function prosecutionMigrations(schema: string): Migration[] {
  return [
    {
      id: 'prosecution-0001-extension-requests',
      sql: `
        CREATE TABLE ${schema}.extension_requests (
          request_id uuid PRIMARY KEY,
          tip_id uuid NOT NULL,
          number int NOT NULL,
          year int NOT NULL,
          category text,
          unit_code text NOT NULL,
          supervised_by text NOT NULL,
          requested_at timestamptz NOT NULL,
          requested_on date NOT NULL,
          reason text,
          term_ends_on date NOT NULL,
          state text NOT NULL,
          decided_at timestamptz,
          granted_to date,
          refusal text,
          version int NOT NULL,
          versions jsonb NOT NULL DEFAULT '{}'
        );
        CREATE INDEX extension_requests_waiting ON ${schema}.extension_requests (state, requested_at, request_id);
        ${scopePolicySql(schema, 'extension_requests', ['unit_code', 'supervised_by'])}
      `,
    },
    {
      id: 'prosecution-0002-criminal-cases',
      sql: `
        CREATE TABLE ${schema}.criminal_cases (
          case_id uuid PRIMARY KEY,
          tip_id uuid,
          case_number text,
          case_year int,
          unit_code text NOT NULL,
          supervised_by text NOT NULL,
          status text NOT NULL,
          initiated_at timestamptz NOT NULL,
          category text NOT NULL,
          article int NOT NULL,
          clause int,
          class text NOT NULL,
          accused_count int NOT NULL,
          juvenile boolean NOT NULL,
          shortened boolean NOT NULL,
          concluded_at timestamptz,
          proposes_prosecution boolean,
          file_received_at timestamptz,
          prosecution_extended_to date,
          decision text,
          decided_at timestamptz,
          term_rule text,
          term_safe_by text,
          term_due text,
          term_latest text,
          version int NOT NULL,
          state jsonb NOT NULL,
          versions jsonb NOT NULL DEFAULT '{}'
        );
        CREATE INDEX criminal_cases_initiated ON ${schema}.criminal_cases (initiated_at DESC, case_id DESC);
        CREATE INDEX criminal_cases_status ON ${schema}.criminal_cases (status, initiated_at DESC, case_id DESC);
        CREATE INDEX criminal_cases_number ON ${schema}.criminal_cases (case_number);
        ${scopePolicySql(schema, 'criminal_cases', ['unit_code', 'supervised_by'])}
      `,
    },
    {
      id: 'prosecution-0003-lists-by-unit',
      sql: `
        CREATE INDEX criminal_cases_unit ON ${schema}.criminal_cases (unit_code, initiated_at DESC, case_id DESC);
        CREATE INDEX criminal_cases_supervised ON ${schema}.criminal_cases (supervised_by, initiated_at DESC, case_id DESC);
        CREATE INDEX criminal_cases_category ON ${schema}.criminal_cases (category, initiated_at DESC, case_id DESC);
        CREATE INDEX extension_requests_asked ON ${schema}.extension_requests (requested_at, request_id);
        CREATE INDEX extension_requests_unit ON ${schema}.extension_requests (unit_code, requested_at, request_id);
        CREATE INDEX extension_requests_supervised ON ${schema}.extension_requests (supervised_by, requested_at, request_id);
      `,
    },
  ];
}
