import { type Caller, CurrentCaller, listAnswer, type ListAnswer, NotFound, PageQuery, parsePage } from '@app/http';
import { inScope, Permit } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Body, Controller, Get, HttpCode, Inject, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { IsIn, IsOptional, IsRFC3339 } from 'class-validator';
import { DEADLINES_CONTEXT } from '../context.js';
import {
  type InboxItem,
  inboxItem,
  inboxPage,
  inboxSortValues,
  type InboxSummary,
  inboxSummary,
  noteRead,
  unreadUntil,
} from './inbox-list.js';
import { noteReader } from './preferences.js';

/** Who owes duties and who supervises them. */
export const ALERTED_ROLES = ['intake_officer', 'investigator', 'prosecutor', 'leader'] as const;

/** Items noted as read in one statement. */
const READ_AT_ONCE = 5_000;

export class InboxQuery extends PageQuery {
  @IsOptional() @IsIn(['true', 'false']) unread?: 'true' | 'false';
}

export class ReadBody {
  /** The newest item that the reader has before them; what came after it stays unread. */
  @IsRFC3339() until!: string;
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

  /** Mark everything up to a moment as read by the caller, for the caller alone; again changes nothing. */
  @Post('read')
  @HttpCode(200)
  @Permit({ verb: 'inbox.read', roles: ALERTED_ROLES, scope: 'unit' })
  async readAll(@Body() { until }: ReadBody, @CurrentCaller() caller: Caller): Promise<InboxSummary> {
    const { pool } = this.service;
    for (let ids: string[] | null = null; ids === null || ids.length === READ_AT_ONCE;) {
      ids = await inScope(pool, caller, (tx) => unreadUntil(tx, caller.id, until, READ_AT_ONCE));
      await noteRead(pool, caller.id, ids);
    }
    return inScope(pool, caller, (tx) => inboxSummary(tx, caller.id));
  }

  /** Mark an item as read by the caller, for the caller alone; again changes nothing. */
  @Post(':id/read')
  @HttpCode(200)
  @Permit({ verb: 'inbox.read', roles: ALERTED_ROLES, scope: 'unit' })
  async read(@Param('id', ParseUUIDPipe) id: string, @CurrentCaller() caller: Caller): Promise<InboxItem> {
    const item = await inScope(this.service.pool, caller, (tx) => inboxItem(tx, caller.id, id));
    if (!item) throw new NotFound('InboxItem', id);
    await noteRead(this.service.pool, caller.id, [id]);
    return { ...item, read: true };
  }
}
