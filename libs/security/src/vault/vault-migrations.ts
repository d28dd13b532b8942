import type { Migration } from '@app/event-store';

/** Schema of keys, informants and the access log; the read role has no right in it at all. */
export const VAULT_SCHEMA = 'vault';

/** Tables of the vault, for `migrate(pool, 'vault', vaultMigrations())`. */
export function vaultMigrations(): Migration[] {
  return [
    {
      id: 'vault-0001',
      sql: `
        REVOKE ALL ON SCHEMA vault FROM PUBLIC;

        -- A known text sealed with the master key: a start with another key stops before it can do harm.
        CREATE TABLE vault.master_key_check (
          singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
          sealed bytea NOT NULL
        );

        -- One key per tip, wrapped by the master key. Erasing a key erases what it sealed, in every copy of it.
        CREATE TABLE vault.keys (
          tip_id uuid PRIMARY KEY,
          wrapped_key bytea,
          created_at timestamptz NOT NULL DEFAULT now(),
          erased_at timestamptz,
          CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL))
        );

        CREATE TABLE vault.informants (
          tip_id uuid PRIMARY KEY REFERENCES vault.keys (tip_id),
          sealed text NOT NULL,
          written_at timestamptz NOT NULL DEFAULT now()
        );

        CREATE TABLE vault.access_log (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          at timestamptz NOT NULL,
          actor_id text NOT NULL,
          role text NOT NULL,
          unit text NOT NULL,
          tip_id uuid NOT NULL,
          what text NOT NULL,
          reason text
        );
        CREATE INDEX access_log_tip ON vault.access_log (tip_id, id);
        CREATE INDEX access_log_actor ON vault.access_log (actor_id, id);

        CREATE FUNCTION vault.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $refuse$
        BEGIN
          RAISE EXCEPTION 'vault.access_log is only added to' USING ERRCODE = 'insufficient_privilege';
        END
        $refuse$;
        CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vault.access_log
          FOR EACH STATEMENT EXECUTE FUNCTION vault.refuse_change();
      `,
    },
  ];
}
