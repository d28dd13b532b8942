import { Controller, Get, Inject, Injectable, Param, Query } from '@nestjs/common';
import { calculateLimit, lawBefore, newestLaw } from '@app/legal-time-limits';
import type { LawHistory } from '@app/legal-time-limits';
import { CurrentCaller, idOf, listAnswer, NotFound, PageQuery, parsePage } from '@app/http';
import type { Caller, ListAnswer } from '@app/http';
import { PublishedLaw } from '@app/law-book';
import { fewUnitsInScope, inScope, Permit, rowsOfUnits, UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { IsIn, IsOptional } from 'class-validator';
import { PROSECUTION_CONTEXT, PROSECUTION_LAW, PROSECUTION_UNIT_TREE } from '../../context.js';
import type { ExtensionRequestRow } from './extension-request-list.js';

/** The procuracy considers and decides in three days (TTLT 01/2017 Art 11(2)). */
const DECIDE_RULE = 'TTLT17-11-2B';

const STATES = ['requested', 'granted', 'refused'] as const;

export interface ExtensionRequestAnswer extends Record<string, unknown> {
  id: string;
  version: number;
}

/** Requests for extension within a caller's scope. */
@Injectable()
export class ExtensionRequests {
  constructor(
    @Inject(PROSECUTION_CONTEXT) private readonly context: ServiceContext,
    @Inject(PROSECUTION_UNIT_TREE) private readonly tree: UnitTree,
    @Inject(PROSECUTION_LAW) private readonly law: PublishedLaw,
  ) {}

  /** One request. @throws NotFound */
  async of(id: string, caller: Caller): Promise<ExtensionRequestAnswer> {
    await this.context.settled();
    const row = await this.row(id, caller);
    if (!row) throw new NotFound('ExtensionRequest', id);
    const [units, law] = await Promise.all([this.tree.current(), this.law.history(this.context.pool)]);
    return answerOf(row, units, law);
  }

  /** A page of requests, oldest undecided first. */
  async page(query: FindExtensionRequestsQuery, caller: Caller): Promise<ListAnswer<ExtensionRequestAnswer>> {
    const page = parsePage(query);
    const where: string[] = [];
    const values: unknown[] = [];
    const add = (value: unknown) => `$${values.push(value)}`;
    if (query.state !== undefined) where.push(`t.state = ${add(query.state)}`);
    if (page.after) {
      where.push(`(t.requested_at, t.request_id) > (${add(page.after[0])}::timestamptz, ${add(page.after[1])}::uuid)`);
    }
    await this.context.settled();
    const { schema } = this.context;
    const rows = await inScope(this.context.pool, caller, async (tx) => {
      const requests = rowsOfUnits({
        table: `${schema}.extension_requests`,
        where,
        columns: ['requested_at', 'request_id'],
        direction: 'ASC',
        limit: page.limit + 1,
        units: await fewUnitsInScope(tx, schema),
        homes: (unit) => [`t.unit_code = ${unit}`, `t.supervised_by = ${unit}`],
        add,
      });
      const result = await tx.query<{ row: ExtensionRequestRow }>(
        `SELECT row_to_json(t) AS row FROM ${requests} t`,
        values,
      );
      return result.rows.map(({ row }) => row);
    });
    const [units, law] = await Promise.all([this.tree.current(), this.law.history(this.context.pool)]);
    const answer = listAnswer(rows, page, (row) => [row.requested_at, row.request_id]);
    return { ...answer, items: answer.items.map((row) => answerOf(row, units, law)) };
  }

  private row(id: string, caller: Caller): Promise<ExtensionRequestRow | undefined> {
    return inScope(this.context.pool, caller, async (tx) => {
      const { rows } = await tx.query<{ row: ExtensionRequestRow }>({
        name: 'prosecution-extension-request-row',
        text: `SELECT row_to_json(t) AS row FROM ${this.context.schema}.extension_requests t WHERE request_id = $1`,
        values: [id],
      });
      return rows[0]?.row;
    });
  }
}

export class FindExtensionRequestsQuery extends PageQuery {
  @IsOptional() @IsIn(STATES) state?: (typeof STATES)[number];
}

@Controller('api/extension-requests')
export class FindExtensionRequestsEndpoint {
  constructor(private readonly requests: ExtensionRequests) {}

  @Get()
  @Permit({ verb: 'extension.list', roles: ['prosecutor', 'investigator', 'leader'], scope: 'unit' })
  list(
    @Query() query: FindExtensionRequestsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<ListAnswer<ExtensionRequestAnswer>> {
    return this.requests.page(query, caller);
  }

  @Get(':id')
  @Permit({ verb: 'extension.read', roles: ['prosecutor', 'investigator', 'leader'], scope: 'unit' })
  one(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ExtensionRequestAnswer> {
    return this.requests.of(idOf(id), caller);
  }
}

function answerOf(row: ExtensionRequestRow, units: UnitSnapshot, history: LawHistory): ExtensionRequestAnswer {
  const unit = units.get(row.unit_code);
  // What was decided stays by the law before the decision; what is owed goes by the newest.
  const { calendar, rules } = row.decided_at === null ? newestLaw(history) : lawBefore(history, row.decided_at);
  const { safeBy, due, latestArguable } = calculateLimit(
    { rule: DECIDE_RULE, start: row.requested_on },
    { calendar, rules, why: false },
  );
  return {
    id: row.request_id,
    tipId: row.tip_id,
    registerNumber: `${row.number}/${row.year}`,
    category: row.category,
    unitCode: row.unit_code,
    unitName: { vi: unit?.nameVi ?? row.unit_code, en: unit?.nameEn ?? row.unit_code },
    supervisedBy: row.supervised_by,
    requestedAt: row.requested_at,
    reason: row.reason,
    termEndsOn: row.term_ends_on,
    decideBy: { safeBy, due, latestArguable },
    state: row.state,
    decidedAt: row.decided_at,
    to: row.granted_to,
    refusal: row.refusal,
    version: row.version,
  };
}
