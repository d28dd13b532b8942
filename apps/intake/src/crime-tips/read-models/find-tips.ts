import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { CATEGORIES, TIP_KINDS, TIP_STATUSES } from '@app/contracts';
import type { Category, TipKind, TipStatus } from '@app/contracts';
import { withoutMarks } from '@app/domain';
import { CurrentCaller, idOf, listAnswer, PageQuery, parsePage, setEtag } from '@app/http';
import type { Caller, ListAnswer } from '@app/http';
import { fewUnitsBelow, fewUnitsInScope, inScope, Permit, rowsOfUnits } from '@app/security';
import type { ServiceContext } from '@app/service';
import { IsIn, IsISO8601, IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { INTAKE_CONTEXT } from '../../context.js';
import { communesNamed } from '../../units/communes.js';
import { UnitRegister } from '../../units/unit-register.js';
import type { TipAnswer } from '../tip-act.js';
import { listItem } from './list-item.js';
import type { TipListItem } from './list-item.js';
import { TipDetails } from './tip-details.js';
import type { TipRow } from './tip-list.js';

const READERS = ['intake_officer', 'investigator', 'prosecutor', 'leader', 'operator', 'custodian'] as const;
const SORTS = ['received', 'due'] as const;

export class FindTipsQuery extends PageQuery {
  @IsOptional() @IsString() @MaxLength(50) unit?: string;
  @IsOptional() @IsIn(TIP_STATUSES) status?: TipStatus;
  @IsOptional() @IsIn(TIP_KINDS) kind?: TipKind;
  @IsOptional() @IsIn(CATEGORIES) category?: Category;
  /** Register number (`12` or `12/2026`), an investigator or the name of a place. */
  @IsOptional() @IsString() @MaxLength(100) q?: string;
  @IsOptional() @IsISO8601() dueBefore?: string;
  @IsOptional() @IsIn(['true', 'false']) overdue?: string;
  @IsOptional() @IsIn(['true', 'false']) mine?: string;
  @IsOptional() @IsIn(['true', 'false']) unacknowledged?: string;
  @IsOptional() @IsISO8601() from?: string;
  @IsOptional() @IsISO8601() to?: string;
  @IsOptional() @IsIn(SORTS) sort?: (typeof SORTS)[number];
}

/** Lists of tips and one tip, within the caller's units. */
@Controller('api/tips')
export class FindTipsEndpoint {
  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    private readonly units: UnitRegister,
    private readonly details: TipDetails,
  ) {}

  @Get()
  @Permit({ verb: 'tip.list', roles: [...READERS], scope: 'unit' })
  async list(@Query() query: FindTipsQuery, @CurrentCaller() caller: Caller): Promise<ListAnswer<TipListItem>> {
    const page = parsePage(query);
    const byDue = query.sort === 'due' || query.overdue === 'true' || query.dueBefore !== undefined;
    const values: unknown[] = [];
    const add = (value: unknown) => `$${values.push(value)}`;
    const where = conditions(query, caller, add);
    if (byDue) where.push('t.due_at IS NOT NULL');
    if (page.after) {
      const [at, id] = page.after;
      where.push(
        byDue
          ? `(t.due_at, t.tip_id) > (${add(at)}::timestamptz, ${add(id)}::uuid)`
          : `(t.received_at, t.tip_id) < (${add(at)}::timestamptz, ${add(id)}::uuid)`,
      );
    }
    await this.context.settled();
    const { schema } = this.context;
    const rows = await inScope(this.context.pool, caller, async (tx) => {
      const asked = query.unit === undefined ? null : await fewUnitsBelow(tx, schema, query.unit);
      if (query.unit !== undefined && asked === null) where.push(below(schema, add(query.unit)));
      const tips = rowsOfUnits({
        table: `${schema}.tip_list`,
        where,
        columns: byDue ? ['due_at', 'tip_id'] : ['received_at', 'tip_id'],
        direction: byDue ? 'ASC' : 'DESC',
        limit: page.limit + 1,
        units: asked ?? (await fewUnitsInScope(tx, schema)),
        homes: asked ? homesOfUnit : homesInScope,
        add,
      });
      const result = await tx.query<{ row: TipRow }>(`SELECT row_to_json(t) AS row FROM ${tips} t`, values);
      return result.rows.map(({ row }) => row);
    });
    const units = await this.units.current();
    const answer = listAnswer(rows, page, (row) => [byDue ? row.due_at : row.received_at, row.tip_id]);
    return { ...answer, items: answer.items.map((row) => listItem(row, units)) };
  }

  @Get(':id')
  @Permit({ verb: 'tip.read', roles: [...READERS], scope: 'unit' })
  async one(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TipAnswer> {
    await this.context.settled();
    const tip = await this.details.of(idOf(id), caller);
    setEtag(reply, tip.version);
    return tip;
  }
}

/** How a tip is a unit's: it answers for it now, has received it, or supervises it. Each has its index. */
const homesOfUnit = (unit: string): string[] => [
  `t.unit_code = ${unit}`,
  `t.received_by = ${unit} AND t.received_by <> t.unit_code`,
  `t.supervised_by = ${unit}`,
];

/** How a tip comes into a unit's sight: these ways, or because it is being sent there. */
const homesInScope = (unit: string): string[] => [
  ...homesOfUnit(unit),
  `t.transferred_to = ${unit} AND t.transferred_to <> t.unit_code`,
];

/** A tip of a unit or of one below it. */
function below(schema: string, unit: string): string {
  const units = `(SELECT code FROM ${schema}.unit_closure WHERE ancestor = ${unit})`;
  return `(t.unit_code IN ${units} OR t.received_by IN ${units} OR t.supervised_by IN ${units})`;
}

function conditions(query: FindTipsQuery, caller: Caller, add: (value: unknown) => string): string[] {
  const where: string[] = [];
  for (const [column, value] of [
    ['status', query.status],
    ['kind', query.kind],
    ['category', query.category],
  ] as const) {
    if (value !== undefined) where.push(`t.${column} = ${add(value)}`);
  }
  if (query.mine === 'true') where.push(`t.investigator = ${add(caller.id)}`);
  if (query.unacknowledged === 'true')
    where.push(`t.transferred_at IS NOT NULL AND t.transfer_acknowledged_at IS NULL`);
  if (query.overdue === 'true') where.push('t.late_at <= now()');
  if (query.overdue === 'false') where.push('(t.late_at IS NULL OR t.late_at > now())');
  if (query.dueBefore !== undefined) where.push(`t.due_at <= ${add(query.dueBefore)}::timestamptz`);
  if (query.from !== undefined) where.push(`t.received_at >= ${add(query.from)}::timestamptz`);
  if (query.to !== undefined) where.push(`t.received_at < ${add(query.to)}::timestamptz`);
  if (query.q !== undefined && query.q.trim() !== '') where.push(searchCondition(query.q.trim(), add));
  return where;
}

/** By register number when it reads as one, else by place or investigator; marks on letters do not matter. */
function searchCondition(typed: string, add: (value: unknown) => string): string {
  const number = /^(\d{1,6})(?:\/(\d{4}))?$/.exec(typed);
  if (number) {
    const year = number[2] === undefined ? '' : ` AND t.year = ${add(Number(number[2]))}`;
    return `(t.number = ${add(Number(number[1]))}${year})`;
  }
  const communes = communesNamed(withoutMarks(typed));
  return `(t.investigator = ${add(typed)} OR t.commune_code = ANY (${add(communes)}::text[]))`;
}
