import { identifier } from '@app/event-store';
import type { Pool } from 'pg';

/** Police and procuracies of a nation, eight provinces (80 to 87) and forty communes in each (`PC-80-00000` …). */
export async function fillUnits(pool: Pool, schema: string): Promise<void> {
  const s = identifier(schema);
  await pool.query(`
    INSERT INTO ${s}.units (code, parent_code, kind, level, name_vi, name_en, remote, version)
    SELECT code, parent, kind, level, code, code, false, 1 FROM (
      VALUES ('PC', NULL, 'police', 'nation'), ('VKS', NULL, 'procuracy', 'nation')
    ) AS roots(code, parent, kind, level)
    UNION ALL SELECT 'PC-' || p, 'PC', 'police', 'province', 'PC-' || p, 'PC-' || p, false, 1 FROM generate_series(80, 87) AS p
    UNION ALL SELECT 'VKS-' || p, 'VKS', 'procuracy', 'province', 'VKS-' || p, 'VKS-' || p, false, 1 FROM generate_series(80, 87) AS p
    UNION ALL SELECT code, 'PC-' || p, 'police', 'commune', code, code, false, 1
      FROM generate_series(80, 87) AS p, generate_series(0, 39) AS c, lpad(c::text, 5, '0') AS digits, concat('PC-', p, '-', digits) AS code;
    INSERT INTO ${s}.unit_closure (ancestor, code)
    WITH RECURSIVE above(code, ancestor) AS (
      SELECT code, code FROM ${s}.units
      UNION SELECT above.code, u.parent_code FROM above JOIN ${s}.units u ON u.code = above.ancestor WHERE u.parent_code IS NOT NULL)
    SELECT ancestor, code FROM above;
    UPDATE ${s}.unit_tree_generation SET generation = generation + 1;
    ANALYZE ${s}.units, ${s}.unit_closure`);
}
