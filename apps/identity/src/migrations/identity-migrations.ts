import type { Migration } from '@app/event-store';

/** Tables of the issuer: accounts, machine clients, its keys, and what the protocol keeps between two requests. */
export function identityMigrations(): Migration[] {
  return [
    {
      id: 'identity-0001',
      sql: `
        -- id is the name somebody signs in with and the subject of their tokens; it never changes hands.
        CREATE TABLE identity.accounts (
          id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
          name text NOT NULL,
          password_hash text NOT NULL,
          roles text[] NOT NULL,
          units text[] NOT NULL,
          evaluation boolean NOT NULL,
          disabled_at timestamptz,
          created_at timestamptz NOT NULL
        );

        CREATE TABLE identity.machine_clients (
          id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
          name text NOT NULL,
          secret_hash text NOT NULL,
          roles text[] NOT NULL,
          units text[] NOT NULL,
          evaluation boolean NOT NULL,
          disabled_at timestamptz,
          created_at timestamptz NOT NULL
        );

        -- By digest: names that were only guessed are not kept in clear.
        CREATE TABLE identity.sign_in_attempts (
          account_digest text COLLATE "C" PRIMARY KEY,
          failures integer NOT NULL,
          last_at timestamptz NOT NULL,
          locked_until timestamptz
        );

        CREATE TABLE identity.second_factors (
          account_id text COLLATE "C" PRIMARY KEY REFERENCES identity.accounts (id),
          sealed_secret text NOT NULL,
          confirmed_at timestamptz,
          -- Time step of the last code taken: no code is taken twice.
          last_step bigint NOT NULL DEFAULT 0
        );

        CREATE TABLE identity.signing_keys (
          kid text COLLATE "C" PRIMARY KEY,
          sealed_jwk text NOT NULL,
          created_at timestamptz NOT NULL
        );

        -- Sessions, codes, refresh tokens, grants: ids as digests and contents sealed, so that a copy of the database
        -- signs nobody in.
        CREATE TABLE identity.oidc_records (
          model text COLLATE "C" NOT NULL,
          id_digest text COLLATE "C" NOT NULL,
          sealed bytea NOT NULL,
          grant_digest text COLLATE "C",
          uid_digest text COLLATE "C",
          consumed_at bigint,
          expires_at timestamptz,
          PRIMARY KEY (model, id_digest)
        );
        CREATE INDEX oidc_records_grant ON identity.oidc_records (grant_digest) WHERE grant_digest IS NOT NULL;
        CREATE INDEX oidc_records_uid ON identity.oidc_records (model, uid_digest) WHERE uid_digest IS NOT NULL;
        CREATE INDEX oidc_records_expiry ON identity.oidc_records (expires_at);
      `,
    },
  ];
}
