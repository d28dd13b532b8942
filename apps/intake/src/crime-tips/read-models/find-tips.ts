import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { CATEGORIES, TIP_KINDS, TIP_STATUSES } from '@app/contracts';
import type { Category, TipKind, TipStatus } from '@app/contracts';
import { withoutMarks } from '@app/domain';
import { CurrentCaller, idOf, listAnswer, PageQuery, parsePage, setEtag } from '@app/http';
import type { Caller, ListAnswer } from '@app/http';
import { inScope, Permit } from '@app/security';
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
    const { where, values } = conditions(query, caller, this.context.schema);
    const add = (value: unknown) => `$${values.push(value)}`;
    if (byDue) where.push('due_at IS NOT NULL');
    if (page.after) {
      const [at, id] = page.after;
      where.push(
        byDue
          ? `(due_at, tip_id) > (${add(at)}::timestamptz, ${add(id)}::uuid)`
          : `(received_at, tip_id) < (${add(at)}::timestamptz, ${add(id)}::uuid)`,
      );
    }
    await this.context.settled();
    const rows = await inScope(this.context.pool, caller, async (tx) => {
      const result = await tx.query<{ row: TipRow }>(
        `SELECT row_to_json(t) AS row FROM ${this.context.schema}.tip_list t
         ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
         ORDER BY ${byDue ? 'due_at, tip_id' : 'received_at DESC, tip_id DESC'}
         LIMIT ${page.limit + 1}`,
        values,
      );
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

function conditions(query: FindTipsQuery, caller: Caller, schema: string): { where: string[]; values: unknown[] } {
  const where: string[] = [];
  const values: unknown[] = [];
  const add = (value: unknown) => `$${values.push(value)}`;
  if (query.unit !== undefined) {
    const below = `(SELECT code FROM ${schema}.unit_closure WHERE ancestor = ${add(query.unit)})`;
    where.push(`(unit_code IN ${below} OR received_by IN ${below} OR supervised_by IN ${below})`);
  }
  for (const [column, value] of [
    ['status', query.status],
    ['kind', query.kind],
    ['category', query.category],
  ] as const) {
    if (value !== undefined) where.push(`${column} = ${add(value)}`);
  }
  if (query.mine === 'true') where.push(`investigator = ${add(caller.id)}`);
  if (query.unacknowledged === 'true') where.push(`transferred_at IS NOT NULL AND transfer_acknowledged_at IS NULL`);
  if (query.overdue === 'true') where.push('late_at <= now()');
  if (query.overdue === 'false') where.push('(late_at IS NULL OR late_at > now())');
  if (query.dueBefore !== undefined) where.push(`due_at <= ${add(query.dueBefore)}::timestamptz`);
  if (query.from !== undefined) where.push(`received_at >= ${add(query.from)}::timestamptz`);
  if (query.to !== undefined) where.push(`received_at < ${add(query.to)}::timestamptz`);
  if (query.q !== undefined && query.q.trim() !== '') where.push(searchCondition(query.q.trim(), add));
  return { where, values };
}

/** By register number when it reads as one, else by place or investigator; marks on letters do not matter. */
function searchCondition(typed: string, add: (value: unknown) => string): string {
  const number = /^(\d{1,6})(?:\/(\d{4}))?$/.exec(typed);
  if (number) {
    const year = number[2] === undefined ? '' : ` AND year = ${add(Number(number[2]))}`;
    return `(number = ${add(Number(number[1]))}${year})`;
  }
  const communes = communesNamed(withoutMarks(typed));
  return `(investigator = ${add(typed)} OR commune_code = ANY (${add(communes)}::text[]))`;
}
