import { type Caller, CurrentCaller, NotFound } from '@app/http';
import { Permit, Public } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Controller, Delete, Get, Header, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ALERTED_ROLES } from '../alerts/inbox.controller.js';
import { noteReader } from '../alerts/preferences.js';
import { DEADLINES_CONTEXT } from '../context.js';
import { CalendarFiles, closeFeed, feedOf, FRESH_SECONDS, openFeed } from './calendar-feeds.js';

const ENDING = '.ics';

/** A person's own calendar address: secret, one at a time, revocable. */
@Controller('api/me/calendar-feed')
export class CalendarFeedController {
  constructor(@Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext) {}

  /** Whether there is one, never its address: that is answered once, when it is made. */
  @Get()
  @Permit({ verb: 'calendar-feed.choose', roles: ALERTED_ROLES, scope: 'none' })
  async read(@CurrentCaller() caller: Caller): Promise<{ openedAt: string | null }> {
    await noteReader(this.service.pool, caller);
    return { openedAt: await feedOf(this.service.pool, caller.id) };
  }

  /** Make a new address; the one before ends. */
  @Post()
  @Permit({ verb: 'calendar-feed.choose', roles: ALERTED_ROLES, scope: 'none' })
  async open(@CurrentCaller() caller: Caller): Promise<{ url: string }> {
    const { pool, settings } = this.service;
    await noteReader(pool, caller);
    return { url: `${settings.publicUrl}/calendar/${await openFeed(pool, caller.id)}${ENDING}` };
  }

  /** Revoke the address at once. */
  @Delete()
  @HttpCode(204)
  @Permit({ verb: 'calendar-feed.choose', roles: ALERTED_ROLES, scope: 'none' })
  async close(@CurrentCaller() caller: Caller): Promise<void> {
    await closeFeed(this.service.pool, caller.id);
  }
}

/** The calendar that phones and Outlook subscribe to: whoever has the address reads it. */
@Controller('calendar')
export class CalendarController {
  private readonly files: CalendarFiles;

  constructor(@Inject(DEADLINES_CONTEXT) service: ServiceContext) {
    this.files = new CalendarFiles(service);
  }

  @Get(':file')
  @Public()
  @Header('content-type', 'text/calendar; charset=utf-8')
  @Header('cache-control', `private, max-age=${FRESH_SECONDS}`)
  @Header('referrer-policy', 'no-referrer')
  async file(@Param('file') name: string): Promise<string> {
    const file = name.endsWith(ENDING) ? await this.files.file(name.slice(0, -ENDING.length)) : null;
    if (file === null) throw new NotFound('CalendarFeed', '');
    return file;
  }
}
