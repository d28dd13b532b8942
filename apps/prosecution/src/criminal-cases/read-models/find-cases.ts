import { Controller, Get, Inject, Injectable, Param, Query, Res } from '@nestjs/common';
import { CATEGORIES, STREAMS } from '@app/contracts';
import type { Category } from '@app/contracts';
import { CASE_ACTS, refusalOfCaseAct } from '@app/domain';
import type { CaseAct } from '@app/domain';
import { CurrentCaller, idOf, listAnswer, NotFound, PageQuery, parsePage, setEtag } from '@app/http';
import type { Caller, ListAnswer } from '@app/http';
import { PublishedLaw } from '@app/law-book';
import type { LawVersion } from '@app/legal-time-limits';
import { fewUnitsBelow, fewUnitsInScope, inScope, Permit, rowsOfUnits, UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { PROSECUTION_CONTEXT, PROSECUTION_LAW, PROSECUTION_UNIT_TREE } from '../../context.js';
import type { CaseSide } from '../criminal-case-streams.js';
import { caseRowOf } from './case-list.js';
import type { CaseRow } from './case-list.js';

export interface CaseAnswer extends Record<string, unknown> {
  id: string;
  version: number;
}

/** Who may do each act on a case, as declared beside the use cases (a test compares the two). */
export const CASE_ACT_ROLES: Record<CaseAct, { roles: readonly string[]; side: CaseSide }> = {
  'conclude-investigation': { roles: ['investigator'], side: 'investigating' },
  'receive-file': { roles: ['prosecutor'], side: 'supervising' },
  'extend-prosecution': { roles: ['prosecutor'], side: 'supervising' },
  'decide-prosecution': { roles: ['prosecutor'], side: 'supervising' },
};

const READERS = ['investigator', 'prosecutor', 'leader', 'operator'] as const;
const CASE_STATUSES = [
  'investigating',
  'investigation_suspended',
  'concluded',
  'prosecuting',
  'prosecuted',
  'returned',
  'suspended',
  'discontinued',
  'transferred',
  'in_court',
  'judged',
] as const;

export class FindCasesQuery extends PageQuery {
  @IsOptional() @IsString() @MaxLength(50) unit?: string;
  @IsOptional() @IsIn(CASE_STATUSES) status?: (typeof CASE_STATUSES)[number];
  @IsOptional() @IsIn(CATEGORIES) category?: Category;
  /** The case's number, `16` or `16/2026`. */
  @IsOptional() @IsString() @MaxLength(50) q?: string;
}

/** Cases within a caller's scope. */
@Injectable()
export class CriminalCases {
  constructor(
    @Inject(PROSECUTION_CONTEXT) private readonly context: ServiceContext,
    @Inject(PROSECUTION_UNIT_TREE) private readonly tree: UnitTree,
    @Inject(PROSECUTION_LAW) private readonly law: PublishedLaw,
  ) {}

  /** One case. @throws NotFound */
  async of(id: string, caller: Caller): Promise<CaseAnswer> {
    await this.context.settled();
    const row = await this.row(id, caller);
    // The list may be a moment behind its log; a case just opened is known there already.
    return row ? this.answer(row, caller) : this.afterAct(id, caller);
  }

  /** The answer to an act: straight from the stream, so that it holds what the caller has just done. @throws NotFound */
  async afterAct(id: string, caller: Caller): Promise<CaseAnswer> {
    const [stream, units, law] = await Promise.all([
      this.context.store.load(`${STREAMS.criminalCase}${id}`),
      this.tree.current(),
      this.law.newest(this.context.pool),
    ]);
    const row = caseRowOf(stream, law);
    if (!row || ![row.unit_code, row.supervised_by].some((code) => units.isWithin(code, caller.units))) {
      throw new NotFound('CriminalCase', id);
    }
    return this.answer(row, caller);
  }

  /** A page of cases, newest first. */
  async page(query: FindCasesQuery, caller: Caller): Promise<ListAnswer<CaseAnswer>> {
    const page = parsePage(query);
    const where: string[] = [];
    const values: unknown[] = [];
    const add = (value: unknown) => `$${values.push(value)}`;
    if (query.status !== undefined) where.push(`t.status = ${add(query.status)}`);
    if (query.category !== undefined) where.push(`t.category = ${add(query.category)}`);
    const [, number, year] = /^(.+?)(?:\/(\d{4}))?$/.exec(query.q?.trim() ?? '') ?? [];
    if (number !== undefined) where.push(`t.case_number = ${add(number)}`);
    if (year !== undefined) where.push(`t.case_year = ${add(Number(year))}`);
    if (page.after) {
      where.push(`(t.initiated_at, t.case_id) < (${add(page.after[0])}::timestamptz, ${add(page.after[1])}::uuid)`);
    }
    await this.context.settled();
    const { schema } = this.context;
    const rows = await inScope(this.context.pool, caller, async (tx) => {
      const asked = query.unit === undefined ? null : await fewUnitsBelow(tx, schema, query.unit);
      if (query.unit !== undefined && asked === null) {
        const below = `(SELECT code FROM ${schema}.unit_closure WHERE ancestor = ${add(query.unit)})`;
        where.push(`(t.unit_code IN ${below} OR t.supervised_by IN ${below})`);
      }
      const cases = rowsOfUnits({
        table: `${schema}.criminal_cases`,
        where,
        columns: ['initiated_at', 'case_id'],
        direction: 'DESC',
        limit: page.limit + 1,
        units: asked ?? (await fewUnitsInScope(tx, schema)),
        homes: (unit) => [`t.unit_code = ${unit}`, `t.supervised_by = ${unit}`],
        add,
      });
      const result = await tx.query<{ row: CaseRow }>(`SELECT row_to_json(t) AS row FROM ${cases} t`, values);
      return result.rows.map(({ row }) => row);
    });
    const answer = listAnswer(rows, page, (row) => [row.initiated_at, row.case_id]);
    return { ...answer, items: answer.items.map(caseItem) };
  }

  private row(id: string, caller: Caller): Promise<CaseRow | undefined> {
    return inScope(this.context.pool, caller, async (tx) => {
      const { rows } = await tx.query<{ row: CaseRow }>({
        name: 'prosecution-case-row',
        text: `SELECT row_to_json(t) AS row FROM ${this.context.schema}.criminal_cases t WHERE case_id = $1`,
        values: [id],
      });
      return rows[0]?.row;
    });
  }

  private async answer(row: CaseRow, caller: Caller): Promise<CaseAnswer> {
    const [units, law] = await Promise.all([this.tree.current(), this.law.newest(this.context.pool)]);
    return { ...caseItem(row), acts: this.actsOf(row, caller, units, law) };
  }

  private actsOf(row: CaseRow, caller: Caller, units: UnitSnapshot, law: LawVersion): Record<string, unknown>[] {
    const now = this.context.clock.now().toISOString();
    return (Object.keys(CASE_ACTS) as CaseAct[]).map((act) => {
      const { roles, side } = CASE_ACT_ROLES[act];
      const unit = side === 'investigating' ? row.unit_code : row.supervised_by;
      const isPermitted = roles.some((role) => caller.roles.includes(role)) && units.isWithin(unit, caller.units);
      const refusal = refusalOfCaseAct(act, row.state, now, law);
      return {
        act,
        allowed: isPermitted && refusal === null,
        permitted: isPermitted,
        refusal: refusal && { code: refusal.code, vi: refusal.vi, en: refusal.en, cites: refusal.cites },
      };
    });
  }
}

@Controller('api/cases')
export class FindCasesEndpoint {
  constructor(
    @Inject(PROSECUTION_CONTEXT) private readonly context: ServiceContext,
    private readonly cases: CriminalCases,
  ) {}

  @Get()
  @Permit({ verb: 'case.list', roles: [...READERS], scope: 'unit' })
  list(@Query() query: FindCasesQuery, @CurrentCaller() caller: Caller): Promise<ListAnswer<CaseAnswer>> {
    return this.cases.page(query, caller);
  }

  @Get(':id')
  @Permit({ verb: 'case.read', roles: [...READERS], scope: 'unit' })
  async one(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CaseAnswer> {
    const found = await this.cases.of(idOf(id), caller);
    setEtag(reply, found.version);
    return found;
  }

  /** What happened to a case, straight from its stream. */
  @Get(':id/history')
  @Permit({ verb: 'case.history', roles: [...READERS], scope: 'unit' })
  async history(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<{ items: unknown[] }> {
    const caseId = idOf(id);
    await this.cases.of(caseId, caller);
    const events = await this.context.store.load(`${STREAMS.criminalCase}${caseId}`);
    return {
      items: events.map(({ version, type, meta, data }) => {
        const { happenedAt, recordedAt, actor, source } = meta;
        return { version, type, happenedAt, recordedAt, actor, source, data };
      }),
    };
  }
}

function caseItem(row: CaseRow): CaseAnswer {
  return {
    id: row.case_id,
    caseNumber: row.case_number === null ? null : `${row.case_number}/${row.case_year}`,
    tipId: row.tip_id,
    unitCode: row.unit_code,
    supervisedBy: row.supervised_by,
    initiatedAt: row.initiated_at,
    category: row.category,
    offence: { article: row.article, clause: row.clause },
    class: row.class,
    accusedCount: row.accused_count,
    juvenile: row.juvenile,
    shortened: row.shortened,
    status: row.status,
    concludedAt: row.concluded_at,
    proposesProsecution: row.proposes_prosecution,
    fileReceivedAt: row.file_received_at,
    prosecutionExtendedTo: row.prosecution_extended_to,
    decision: row.decision,
    decidedAt: row.decided_at,
    term:
      row.term_rule === null
        ? null
        : { rule: row.term_rule, safeBy: row.term_safe_by, due: row.term_due, latestArguable: row.term_latest },
    version: row.version,
  };
}
