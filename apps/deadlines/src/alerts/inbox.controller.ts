import { type Caller, CurrentCaller, listAnswer, type ListAnswer, NotFound, PageQuery, parsePage } from '@app/http';
import { inScope, Permit } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Controller, Get, HttpCode, Inject, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import { DEADLINES_CONTEXT } from '../context.js';
import {
  type InboxItem,
  inboxItem,
  inboxPage,
  inboxSortValues,
  type InboxSummary,
  inboxSummary,
} from './inbox-list.js';
import { noteReader } from './preferences.js';

/** Who owes duties and who supervises them. */
export const ALERTED_ROLES = ['intake_officer', 'investigator', 'prosecutor', 'leader'] as const;

export class InboxQuery extends PageQuery {
  @IsOptional() @IsIn(['true', 'false']) unread?: 'true' | 'false';
}

/** Alerts and breaches of the duties that the caller's units owe or supervise. */
@Controller('api/inbox')
export class InboxController {
  constructor(@Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext) {}

  /** The newest first. */
  @Get()
  @Permit({ verb: 'inbox.read', roles: ALERTED_ROLES, scope: 'unit' })
  list(@Query() query: InboxQuery, @CurrentCaller() caller: Caller): Promise<ListAnswer<InboxItem>> {
    const page = parsePage(query);
    return inScope(this.service.pool, caller, async (tx) =>
      listAnswer(await inboxPage(tx, caller.id, query.unread === 'true', page), page, inboxSortValues),
    );
  }

  /** How much is unread. */
  @Get('summary')
  @Permit({ verb: 'inbox.read', roles: ALERTED_ROLES, scope: 'unit' })
  async summary(@CurrentCaller() caller: Caller): Promise<InboxSummary> {
    await noteReader(this.service.pool, caller);
    return inScope(this.service.pool, caller, (tx) => inboxSummary(tx, caller.id));
  }

  /** Mark an item as read by the caller, for the caller alone; again changes nothing. */
  @Post(':id/read')
  @HttpCode(200)
  @Permit({ verb: 'inbox.read', roles: ALERTED_ROLES, scope: 'unit' })
  async read(@Param('id', ParseUUIDPipe) id: string, @CurrentCaller() caller: Caller): Promise<InboxItem> {
    const item = await inScope(this.service.pool, caller, (tx) => inboxItem(tx, caller.id, id));
    if (!item) throw new NotFound('InboxItem', id);
    await this.service.pool.query(
      `INSERT INTO deadlines.inbox_reads (person, item_id, read_at) VALUES ($1, $2, statement_timestamp())
       ON CONFLICT DO NOTHING`,
      [caller.id, id],
    );
    return { ...item, read: true };
  }
}
