import type { Migration } from '@app/event-store';
import { identifier } from '@app/event-store';
import { APP_ROLE, provinceOf } from '@app/security';
import type { Pool } from 'pg';

/** One row that every change of facts moves, in its own transaction: equal versions show equal facts and sums. */
export const factsVersionMigration = (schema: string): Migration => ({
  id: 'statistics-0005-facts-version',
  sql: `
    CREATE TABLE ${identifier(schema)}.facts_version (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      version bigint NOT NULL
    ) WITH (fillfactor = 10);
    INSERT INTO ${identifier(schema)}.facts_version (version) VALUES (0);
    GRANT SELECT ON ${identifier(schema)}.facts_version TO ${APP_ROLE};
  `,
});

/** A version for each area instead, so that a change in one province leaves the answers of the others as they are. */
export const areaVersionsMigration = (schema: string): Migration => ({
  id: 'statistics-0008-area-versions',
  sql: `
    DROP TABLE ${identifier(schema)}.facts_version;
    CREATE TABLE ${identifier(schema)}.facts_versions (
      area text COLLATE "C" PRIMARY KEY,
      version bigint NOT NULL
    ) WITH (fillfactor = 10);
    GRANT SELECT ON ${identifier(schema)}.facts_versions TO ${APP_ROLE};
  `,
});

/** Versions of the facts by area (`*`: changes that may concern any), and of the tree that they are added up by. */
export interface FactsVersions {
  areas: Readonly<Record<string, number>>;
  generation: number;
}

const ANYWHERE = '*';
const NATIONAL = '-';

/** The area of a unit: its province; one for all national bodies. */
const areaOf = (unit: string): string => (unit === ANYWHERE ? ANYWHERE : (provinceOf(unit) ?? NATIONAL));

const areasOf = (units: readonly string[]): string[] => [...new Set(units.map(areaOf))].sort();

/**
 * SQL that moves the versions of the areas `$<parameter>` (text[], sorted), inside the transaction that changes the facts.
 */
export const moveVersionsSql = (schema: string, parameter: string): string => `
  INSERT INTO ${identifier(schema)}.facts_versions AS v (area, version)
  SELECT area, 1 FROM unnest(${parameter}::text[]) AS given(area)
  ON CONFLICT (area) DO UPDATE SET version = v.version + 1`;

/** The areas of a change of these units; a change that may concern any is one of `*`. */
export const changedAreas = (units: readonly string[]): string[] =>
  units.includes(ANYWHERE) ? [ANYWHERE] : areasOf(units);

/** SQL of `FactsVersions` as JSON. */
export const factsVersionsSql = (schema: string): string => `json_build_object(
  'areas', (SELECT coalesce(json_object_agg(area, version), '{}') FROM ${identifier(schema)}.facts_versions),
  'generation', (SELECT generation FROM ${identifier(schema)}.unit_tree_generation))`;

/** The versions of what is committed now: one statement, without a transaction around it. */
export async function committedVersions(pool: Pool, schema: string): Promise<FactsVersions> {
  const { rows } = await pool.query<{ versions: FactsVersions }>({
    name: 'facts-versions',
    text: `SELECT ${factsVersionsSql(schema)} AS versions`,
  });
  return rows[0]!.versions;
}

const AREAS = new WeakMap<readonly string[], readonly string[]>();

/**
 * The version of what some units are shown: two that are equal show equal facts and sums. Versions only grow, so their sum
 * is equal when all of them are.
 * @param units every unit whose matters count, or that supervises them; null = all
 */
export function versionFor({ areas, generation }: FactsVersions, units: readonly string[] | null): string {
  let concerned: readonly string[];
  if (units === null) {
    concerned = Object.keys(areas);
  } else {
    concerned = AREAS.get(units) ?? [...areasOf(units), ANYWHERE];
    AREAS.set(units, concerned);
  }
  return `${generation}.${concerned.reduce((sum, area) => sum + (areas[area] ?? 0), 0)}`;
}
