import { type Caller, Forbidden } from '@app/http';
import { identifier } from '@app/event-store';
import type { Pool } from 'pg';
import { unitTreeChanges } from './unit-tree-consumer.js';

/** One unit as the service knows it. */
export interface Unit {
  code: string;
  parentCode: string | null;
  kind: string;
  level: string;
  nameVi: string;
  nameEn: string;
  communeCode: string | null;
  remote: boolean;
  /** Legal days; null = not known, not ended. */
  validFrom: string | null;
  validTo: string | null;
}

/** Other processes write the tree too; this is how late their change may be noticed here. */
const RECHECK_MS = 1_000;

/** Province of a unit code: `PC-80-25459` → `80`; null for a national body. */
export function provinceOf(code: string): string | null {
  return code.split('-')[1] ?? null;
}

/** The procuracy that supervises a unit's matters: `VKS-<province>`, `VKS` for a national body. */
export function supervisorOf(code: string): string {
  const province = provinceOf(code);
  return province === null ? 'VKS' : `VKS-${province}`;
}

/** The tree at one moment, in memory. */
export class UnitSnapshot {
  private readonly byCode: ReadonlyMap<string, Unit>;

  constructor(units: readonly Unit[]) {
    this.byCode = new Map(units.map((unit) => [unit.code, unit]));
  }

  get size(): number {
    return this.byCode.size;
  }

  get(code: string): Unit | undefined {
    return this.byCode.get(code);
  }

  /** Whether a unit is one of the roots or below one; `*` holds everything. */
  isWithin(code: string, roots: readonly string[]): boolean {
    if (roots.includes('*')) return true;
    const seen = new Set<string>();
    for (let at: string | null = code; at !== null && !seen.has(at); at = this.byCode.get(at)?.parentCode ?? null) {
      if (roots.includes(at)) return true;
      seen.add(at);
    }
    return false;
  }

  supervisorOf(code: string): string {
    return supervisorOf(code);
  }

  /** Units within the roots, in order of their codes. */
  list(roots: readonly string[]): Unit[] {
    return [...this.byCode.values()]
      .filter(({ code }) => this.isWithin(code, roots))
      .sort((a, b) => (a.code < b.code ? -1 : 1));
  }
}

/** Reader of a service's units: kept in memory, read again when the consumer has written. */
export class UnitTree {
  private snapshot: UnitSnapshot | undefined;
  private loading: Promise<UnitSnapshot> | undefined;
  private generation = '';
  private seenChanges = -1;
  private checkedAtMs = -Infinity;

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** The newest tree that is committed, as far as this process can know; at most a second late for other processes' writes. */
  async current(): Promise<UnitSnapshot> {
    const isFresh =
      this.snapshot !== undefined &&
      this.seenChanges === unitTreeChanges(this.schema) &&
      performance.now() - this.checkedAtMs < RECHECK_MS;
    if (isFresh) return this.snapshot!;
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async load(): Promise<UnitSnapshot> {
    const s = identifier(this.schema);
    // Noted before reading: a change committed during the read is read again next time.
    const changes = unitTreeChanges(this.schema);
    const checkedAtMs = performance.now();
    const known = await this.pool.query<{ generation: string }>(
      `SELECT generation::text FROM ${s}.unit_tree_generation`,
    );
    const generation = known.rows[0]!.generation;
    if (this.snapshot === undefined || generation !== this.generation) {
      const { rows } = await this.pool.query<Unit>(
        `SELECT code, parent_code AS "parentCode", kind, level, name_vi AS "nameVi", name_en AS "nameEn",
           commune_code AS "communeCode", remote, valid_from::text AS "validFrom", valid_to::text AS "validTo"
         FROM ${s}.units`,
      );
      this.snapshot = new UnitSnapshot(rows);
      this.generation = generation;
    }
    this.seenChanges = changes;
    this.checkedAtMs = checkedAtMs;
    return this.snapshot;
  }

  async get(code: string): Promise<Unit | undefined> {
    return (await this.current()).get(code);
  }

  async isWithin(code: string, roots: readonly string[]): Promise<boolean> {
    return (await this.current()).isWithin(code, roots);
  }

  supervisorOf(code: string): string {
    return supervisorOf(code);
  }

  async list(roots: readonly string[]): Promise<Unit[]> {
    return (await this.current()).list(roots);
  }

  /** @throws Forbidden when none of the units is within the caller's scope */
  async requireWithin(caller: Caller, verb: string, ...codes: string[]): Promise<void> {
    const tree = await this.current();
    if (codes.some((code) => tree.isWithin(code, caller.units))) return;
    throw new Forbidden(
      'UnitOutsideScope',
      {
        vi: `Việc này thuộc đơn vị ${codes.join(', ')}, ngoài phạm vi của anh/chị.`,
        en: `This belongs to ${codes.join(', ')}, outside your scope.`,
      },
      { verb, rightHolders: codes, units: caller.units },
    );
  }
}
