import { Controller, Get, Inject, Query } from '@nestjs/common';
import { listAnswer, PageQuery, parsePage } from '@app/http';
import type { ListAnswer } from '@app/http';
import { accessLog, asSystem, Permit } from '@app/security';
import type { AccessEntry } from '@app/security';
import type { ServiceContext } from '@app/service';
import { IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { INTAKE_CONTEXT } from '../context.js';

export class AccessLogQuery extends PageQuery {
  @IsOptional() @IsUUID() tipId?: string;
  @IsOptional() @IsString() @MaxLength(100) actorId?: string;
}

/** Who looked at what is protected, when and why: for the auditor. */
@Controller('api/access-log')
export class AccessLogEndpoint {
  constructor(@Inject(INTAKE_CONTEXT) private readonly context: ServiceContext) {}

  @Get()
  @Permit({ verb: 'access-log.read', roles: ['auditor'], scope: 'all' })
  async list(@Query() query: AccessLogQuery): Promise<ListAnswer<AccessEntry>> {
    const page = parsePage(query);
    const before = page.after?.[0];
    const entries = await asSystem(this.context.pool, (tx) =>
      accessLog(tx, {
        limit: page.limit + 1,
        ...(typeof before === 'number' ? { before } : {}),
        ...(query.tipId === undefined ? {} : { tipId: query.tipId }),
        ...(query.actorId === undefined ? {} : { actorId: query.actorId }),
      }),
    );
    return listAnswer(entries, page, (entry) => [entry.id]);
  }
}
