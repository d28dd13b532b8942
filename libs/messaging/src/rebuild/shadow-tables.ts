import { identifier } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';

type Db = Pick<Pool | PoolClient, 'query'>;

/** Above this an index is built without a long transaction, which would hold back every reader of the logs. */
const LONG_BUILD_ROWS = 300_000;

interface TableParts {
  /** Everything of the table but its name's schema: what the shadow must have as well. */
  shape: unknown;
  options: string[];
  primaryKey: Part | null;
  constraints: Part[];
  indexes: Part[];
  statistics: Part[];
  triggers: Part[];
  policies: string[];
  isSecured: boolean;
  isForced: boolean;
  grants: string[];
}

interface Part {
  name: string;
  definition: string;
}

/** Something that one connection does. */
type Work = (db: PoolClient) => Promise<void>;

/** What a table lacks: indexes, beside each other, then all else. */
interface TableWorks {
  builds: Work[];
  end: Work;
  /** Whether it refers to rows of other tables, which must be finished first. */
  refers: boolean;
}

/** Tables of a consumer and their shadows: the same names in another schema. */
export class ShadowTables {
  constructor(
    readonly live: string,
    readonly shadow: string,
    readonly tables: readonly string[],
  ) {}

  /** What the live tables look like; when it changes, a shadow made before is of no use. */
  async shape(db: Db): Promise<string> {
    const shapes: unknown[] = [];
    for (const table of this.tables) shapes.push((await this.parts(db, this.live, table)).shape);
    return JSON.stringify(shapes);
  }

  /** Whether every shadow table is there. */
  async exist(db: Db): Promise<boolean> {
    const { rows } = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relname = ANY ($2)`,
      [identifier(this.shadow), this.tables],
    );
    return rows[0]?.count === this.tables.length;
  }

  /** Empty tables with columns, defaults, checks and primary keys; what slows loading comes by `finish`. */
  async create(tx: PoolClient): Promise<void> {
    await tx.query(`CREATE SCHEMA IF NOT EXISTS ${identifier(this.shadow)}`);
    for (const table of this.tables) {
      const { options, primaryKey } = await this.parts(tx, this.live, table);
      const name = this.name(this.shadow, table);
      await tx.query(`DROP TABLE IF EXISTS ${name}`);
      await tx.query(
        `CREATE TABLE ${name} (LIKE ${this.name(this.live, table)} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)`,
      );
      if (options.length > 0) await tx.query(`ALTER TABLE ${name} SET (${options.join(', ')})`);
      if (primaryKey) {
        await tx.query(
          `ALTER TABLE ${name} ADD CONSTRAINT ${identifier(primaryKey.name)} ${this.inShadow(primaryKey.definition)}`,
        );
      }
    }
  }

  /**
   * Indexes, constraints, policies and grants of the live tables, where they are missing; then planner statistics.
   * @param connections one, or several among which the indexes are shared out
   */
  async finish(...connections: readonly [PoolClient, ...PoolClient[]]): Promise<void> {
    const [db] = connections;
    const tables: TableWorks[] = [];
    for (const table of this.tables) tables.push(await this.worksOf(db, table));
    const begun = new Map<Work, Promise<void>>();
    // What is waited for comes before who waits, so it has begun on one of the connections.
    const after =
      (earlier: readonly Work[], work: Work): Work =>
      async (connection) => {
        await Promise.all(earlier.map((one) => begun.get(one)));
        await work(connection);
      };
    const works: Work[] = tables.flatMap(({ builds }) => builds);
    for (const { builds, end, refers } of tables) works.push(after(refers ? [...works] : builds, end));
    const rest = works.values();
    const lanes = await Promise.allSettled(
      connections.map(async (connection) => {
        for (const work of rest) {
          const done = work(connection);
          begun.set(work, done);
          await done;
        }
      }),
    );
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  }

  private async worksOf(db: PoolClient, table: string): Promise<TableWorks> {
    const wanted = await this.parts(db, this.live, table);
    const present = await this.parts(db, this.shadow, table);
    const name = this.name(this.shadow, table);
    const isMissing = (parts: readonly Part[]) => {
      const names = new Set(parts.map((part) => part.name));
      return (part: Part) => !names.has(part.name);
    };
    const { rows } = await db.query<{ rows: number }>(`SELECT (pg_relation_size('${name}') / 8192)::int * 20 AS rows`);
    const isLong = (rows[0]?.rows ?? 0) > LONG_BUILD_ROWS;
    await this.dropUnfinished(db, name);
    const indexes = wanted.indexes
      .filter(isMissing(present.indexes))
      .map(({ definition }) => this.inShadow(definition));
    const builds = indexes.map(
      (sql): Work =>
        async (connection) =>
          void (await connection.query(sql)),
    );
    const buildsConcurrently: Work = async (connection) => {
      // Only one at a time on one table.
      for (const sql of indexes) {
        await connection.query(sql.replace(/^CREATE (UNIQUE )?INDEX /, 'CREATE $1INDEX CONCURRENTLY '));
      }
    };
    const end: Work = async (connection) => {
      for (const part of wanted.constraints.filter(isMissing(present.constraints))) {
        await connection.query(
          `ALTER TABLE ${name} ADD CONSTRAINT ${identifier(part.name)} ${this.inShadow(part.definition)}`,
        );
      }
      for (const { definition } of wanted.statistics.filter(isMissing(present.statistics))) {
        await connection.query(this.inShadow(definition));
      }
      for (const { definition } of wanted.triggers.filter(isMissing(present.triggers))) {
        await connection.query(this.inShadow(definition));
      }
      await this.secure(connection, name, wanted);
      // Planner statistics, and the map of what is visible to all: without them the first readers after the swap pay.
      await connection.query(`VACUUM (ANALYZE) ${name}`);
    };
    const refers = wanted.constraints.some(({ definition }) => definition.startsWith('FOREIGN KEY'));
    return { builds: isLong ? [buildsConcurrently] : builds, end, refers };
  }

  /** Policies and grants as the live table has them. */
  private async secure(db: PoolClient, name: string, wanted: TableParts): Promise<void> {
    await db.query('BEGIN');
    try {
      await db.query(
        `DO $$ DECLARE p name; BEGIN
           FOR p IN SELECT polname FROM pg_policy WHERE polrelid = '${name}'::regclass LOOP
             EXECUTE format('DROP POLICY %I ON ${name}', p);
           END LOOP;
         END $$`,
      );
      for (const policy of wanted.policies) await db.query(policy.replace('%TABLE%', name));
      if (wanted.isSecured) await db.query(`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`);
      if (wanted.isForced) await db.query(`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`);
      for (const grant of wanted.grants) await db.query(grant.replace('%TABLE%', name));
      await db.query('COMMIT');
    } catch (error) {
      await db.query('ROLLBACK');
      throw error;
    }
  }

  /** Tables that other objects hold on to (policies, views, foreign keys): they cannot be exchanged for others. */
  async held(db: Db): Promise<Set<string>> {
    const { rows } = await db.query<{ table: string }>(
      `SELECT DISTINCT t.relname AS table
       FROM pg_class t JOIN pg_depend d ON d.refobjid IN (t.oid, t.reltype) AND d.deptype IN ('n', 'a')
       LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
       LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
       LEFT JOIN pg_constraint c ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid
       WHERE t.relnamespace = to_regnamespace($1) AND t.relname = ANY ($2)
         AND (p.polrelid <> t.oid OR w.ev_class <> t.oid OR (c.contype = 'f' AND c.conrelid <> t.oid)
           OR d.classid = 'pg_proc'::regclass)`,
      [identifier(this.live), this.tables],
    );
    return new Set(rows.map(({ table }) => table));
  }

  /** Wait for readers to leave the tables that are to be exchanged, and keep new ones out until the commit. */
  async lock(tx: PoolClient, exchanged: readonly string[]): Promise<void> {
    if (exchanged.length === 0) return;
    await tx.query(
      `LOCK TABLE ${exchanged.map((table) => this.name(this.live, table)).join(', ')} IN ACCESS EXCLUSIVE MODE`,
    );
  }

  /**
   * The shadow takes the live table's place: by its name, or row by row where others hold on to the live one.
   * @throws when the shadow does not look like the live table
   */
  async swap(tx: PoolClient, held: ReadonlySet<string>): Promise<void> {
    for (const table of this.tables) {
      const live = await this.parts(tx, this.live, table);
      const shadow = await this.parts(tx, this.shadow, table);
      if (JSON.stringify(live.shape) !== JSON.stringify(shadow.shape)) {
        throw Object.assign(new Error(`the shadow of ${this.live}.${table} does not look like it`), {
          code: 'ShadowDiffers',
        });
      }
    }
    for (const table of this.tables) {
      const live = this.name(this.live, table);
      const shadow = this.name(this.shadow, table);
      if (held.has(table)) {
        const { rows } = await tx.query<{ columns: string }>(
          `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
           WHERE attrelid = '${live}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
        );
        const columns = (rows[0] as { columns: string }).columns;
        await tx.query(`DELETE FROM ${live}`);
        await tx.query(`INSERT INTO ${live} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${shadow}`);
        await tx.query(`DROP TABLE ${shadow}`);
      } else {
        await tx.query(`DROP TABLE ${live}`);
        await tx.query(`ALTER TABLE ${shadow} SET SCHEMA ${identifier(this.live)}`);
      }
    }
  }

  /** Throw the shadow away. */
  async drop(db: Db): Promise<void> {
    for (const table of this.tables) await db.query(`DROP TABLE IF EXISTS ${this.name(this.shadow, table)}`);
  }

  /** An index whose concurrent build was cut short is there by name and good for nothing. */
  private async dropUnfinished(db: PoolClient, name: string): Promise<void> {
    const { rows } = await db.query<{ index: string }>(
      `SELECT indexrelid::regclass::text AS index FROM pg_index WHERE indrelid = '${name}'::regclass AND NOT indisvalid`,
    );
    for (const { index } of rows) await db.query(`DROP INDEX ${index}`);
  }

  name(schema: string, table: string): string {
    return `${identifier(schema)}.${identifier(table)}`;
  }

  /** A definition of a live table's part with all tables of this set named in the shadow's schema. */
  private inShadow(definition: string): string {
    return this.tables.reduce(
      (sql, table) =>
        sql.replace(
          new RegExp(`(?<![\\w".])"?${this.live}"?\\."?${table}"?(?![\\w"])`, 'g'),
          this.name(this.shadow, table),
        ),
      definition,
    );
  }

  private async parts(db: Db, schema: string, table: string): Promise<TableParts> {
    const { rows } = await db.query<{ parts: Omit<TableParts, 'shape'> & { shape: object } }>(PARTS, [
      this.name(schema, table),
    ]);
    const parts = rows[0]?.parts;
    if (!parts) throw new Error(`there is no table ${schema}.${table}`);
    // Names of other tables are written with their schema; the own one's must not make two of the same look different.
    const neutral = (text: string): string =>
      this.tables.reduce(
        (sql, own) => sql.replace(new RegExp(`(?<![\\w".])"?${schema}"?\\."?${own}"?(?![\\w"])`, 'g'), `%${own}%`),
        text,
      );
    const plain = (list: readonly Part[]) =>
      list.map(({ name, definition }) => ({ name, definition: neutral(definition) }));
    const { primaryKey, constraints, indexes, statistics, triggers, policies, grants, options } = parts;
    const { isSecured, isForced } = parts;
    return {
      ...parts,
      shape: {
        ...parts.shape,
        primaryKey: primaryKey && plain([primaryKey]),
        constraints: plain(constraints),
        indexes: plain(indexes),
        statistics: plain(statistics),
        triggers: plain(triggers),
        policies,
        grants,
        options,
        isSecured,
        isForced,
      },
    };
  }
}

// Everything that makes a table what it is, by name, so that two tables can be compared. `search_path` decides whether
// PostgreSQL writes a schema before a name: the queries below name everything, as neither schema is ever on it.
const PARTS = `
  WITH t AS (SELECT * FROM pg_class WHERE oid = to_regclass($1))
  SELECT json_build_object(
    'shape', json_build_object(
      'columns', (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
          a.attgenerated, a.attidentity, c.collname, a.attstorage, a.attcompression, a.attacl::text,
          CASE WHEN a.attidentity = '' THEN pg_get_expr(d.adbin, d.adrelid) END) ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation c ON c.oid = a.attcollation
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
      'checks', (SELECT json_agg(json_build_array(conname, pg_get_constraintdef(oid)) ORDER BY conname)
        FROM pg_constraint WHERE conrelid = t.oid AND contype = 'c'),
      'owner', pg_get_userbyid(t.relowner), 'persistence', t.relpersistence),
    'options', coalesce(to_json(t.reloptions), '[]'),
    'primaryKey', (SELECT json_build_object('name', conname, 'definition', pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid = t.oid AND contype = 'p'),
    'constraints', coalesce((SELECT json_agg(json_build_object('name', conname, 'definition', pg_get_constraintdef(oid))
        ORDER BY contype DESC, conname)
      FROM pg_constraint WHERE conrelid = t.oid AND contype IN ('u', 'x', 'f')), '[]'),
    'indexes', coalesce((SELECT json_agg(json_build_object('name', i.relname, 'definition', pg_get_indexdef(i.oid)) ORDER BY i.relname)
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE x.indrelid = t.oid AND x.indisvalid AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)), '[]'),
    'statistics', coalesce((SELECT json_agg(json_build_object('name', stxname, 'definition', pg_get_statisticsobjdef(oid)) ORDER BY stxname)
      FROM pg_statistic_ext WHERE stxrelid = t.oid), '[]'),
    'triggers', coalesce((SELECT json_agg(json_build_object('name', tgname, 'definition', pg_get_triggerdef(oid)) ORDER BY tgname)
      FROM pg_trigger WHERE tgrelid = t.oid AND NOT tgisinternal), '[]'),
    'policies', coalesce((SELECT json_agg(format('CREATE POLICY %I ON %%TABLE%% AS %s FOR %s TO %s%s%s', polname,
        CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ' ORDER BY r) FROM unnest(polroles) AS r),
        ' USING (' || pg_get_expr(polqual, polrelid) || ')',
        ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')') ORDER BY polname)
      FROM pg_policy WHERE polrelid = t.oid), '[]'),
    'isSecured', t.relrowsecurity,
    'isForced', t.relforcerowsecurity,
    'grants', coalesce((SELECT json_agg(format('GRANT %s ON %%TABLE%% TO %s%s', a.privilege_type,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) ORDER BY a.grantee, a.privilege_type)
      FROM aclexplode(t.relacl) AS a WHERE a.grantee <> t.relowner), '[]')
  ) AS parts FROM t`;
