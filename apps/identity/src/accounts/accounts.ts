import type { Pool } from 'pg';
import { hashSecret, isSecret } from './secrets.js';

/** Somebody (or a machine) that can get tokens. */
export interface Account {
  id: string;
  name: string;
  roles: string[];
  units: string[];
  /** Exists for evaluation only. */
  evaluation: boolean;
  disabledAt: Date | null;
  createdAt: Date;
}

export interface NewAccount {
  id: string;
  name: string;
  roles: readonly string[];
  units: readonly string[];
  /** Password or client secret, in clear; only its argon2id hash is kept. */
  secret: string;
  evaluation: boolean;
}

/** The account's id is taken. */
export class AccountExists extends Error {
  readonly code = 'AccountExists';
  constructor(readonly id: string) {
    super('an account with this id exists');
    this.name = 'AccountExists';
  }
}

const COLUMNS = `id, name, roles, units, evaluation, disabled_at AS "disabledAt", created_at AS "createdAt"`;

/** Accounts of people or machine clients: same shape, own table each. Evaluation ones count only in evaluation mode. */
export class Accounts {
  private readonly table: string;
  private readonly hashColumn: string;

  constructor(
    private readonly pool: Pool,
    kind: 'people' | 'machines',
    private readonly evaluation: boolean,
  ) {
    this.table = kind === 'people' ? 'identity.accounts' : 'identity.machine_clients';
    this.hashColumn = kind === 'people' ? 'password_hash' : 'secret_hash';
  }

  /** An account that may get tokens now; disabled ones and evaluation ones outside evaluation are not found. */
  async find(id: string): Promise<Account | undefined> {
    const { rows } = await this.pool.query<Account>(
      `SELECT ${COLUMNS} FROM ${this.table} WHERE id = $1 AND disabled_at IS NULL AND (NOT evaluation OR $2)`,
      [id, this.evaluation],
    );
    return rows[0];
  }

  /** Those of these accounts that may get tokens now, by id: one statement, however many are asked. */
  async findAll(ids: readonly string[]): Promise<Map<string, Account>> {
    const { rows } = await this.pool.query<Account>({
      name: `${this.table}-find-all`,
      text: `SELECT ${COLUMNS} FROM ${this.table} WHERE id = ANY ($1::text[]) AND disabled_at IS NULL AND (NOT evaluation OR $2)`,
      values: [ids, this.evaluation],
    });
    return new Map(rows.map((account) => [account.id, account]));
  }

  /** The argon2id hash of an account found by `find`'s rules. */
  async secretHash(id: string): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ hash: string }>(
      `SELECT ${this.hashColumn} AS hash FROM ${this.table}
       WHERE id = $1 AND disabled_at IS NULL AND (NOT evaluation OR $2)`,
      [id, this.evaluation],
    );
    return rows[0]?.hash;
  }

  /** Whether the secret is the account's; an account that does not exist takes as long to say no. */
  async hasSecret(id: string, secret: string): Promise<boolean> {
    return isSecret(secret, await this.secretHash(id));
  }

  /** Ids of evaluation accounts that exist. */
  async evaluationIds(): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>(`SELECT id FROM ${this.table} WHERE evaluation`);
    return rows.map(({ id }) => id);
  }

  async isEmpty(): Promise<boolean> {
    const { rowCount } = await this.pool.query(`SELECT 1 FROM ${this.table} LIMIT 1`);
    return rowCount === 0;
  }

  /** @throws AccountExists */
  async create(account: NewAccount, at: Date): Promise<void> {
    if (!(await this.createIfAbsent(account, at))) throw new AccountExists(account.id);
  }

  /** @returns whether it was made now */
  async createIfAbsent({ id, name, roles, units, secret, evaluation }: NewAccount, at: Date): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `INSERT INTO ${this.table} (id, name, ${this.hashColumn}, roles, units, evaluation, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
      [id, name, await hashSecret(secret), roles, units, evaluation, at],
    );
    return rowCount === 1;
  }

  /** Accounts in order of their ids, after the given one. */
  async list(limit: number, after: string | undefined): Promise<Account[]> {
    const { rows } = await this.pool.query<Account>(
      `SELECT ${COLUMNS} FROM ${this.table}
       WHERE ($2::text IS NULL OR id > $2) AND (NOT evaluation OR $3) ORDER BY id LIMIT $1`,
      [limit, after ?? null, this.evaluation],
    );
    return rows;
  }
}
