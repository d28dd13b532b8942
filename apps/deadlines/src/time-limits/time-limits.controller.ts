import { calculateLimit, obligationsOf } from '@app/legal-time-limits';
import { Permit, ROLES } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { DEADLINES_CONTEXT } from '../context.js';
import { LawBook } from '../law/law-book.js';

/**
 * The calculator: the library over HTTP, same input and output as `npx tinbao limit` and `limits`. Touches no matter; bad
 * input is the library's own refusal, answered with 400, the field and what is allowed. Both calculate by the newest
 * published version of the law; every answer names its calendar.
 */
@Controller('api/time-limits')
export class TimeLimitsController {
  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    private readonly law: LawBook,
  ) {}

  /** The dates of one rule from one start. */
  @Post('calculate')
  @HttpCode(200)
  @Permit({ verb: 'time-limit.calculate', roles: ROLES, scope: 'none' })
  async calculate(@Body() input: object): Promise<object> {
    const { calendar, rules } = await this.law.newest(this.service.pool);
    return calculateLimit(input as Parameters<typeof calculateLimit>[0], { calendar, rules });
  }

  /** All obligations of one matter from its facts. */
  @Post('obligations')
  @HttpCode(200)
  @Permit({ verb: 'time-limit.calculate', roles: ROLES, scope: 'none' })
  async obligations(@Body() input: object): Promise<object> {
    const { calendar, rules } = await this.law.newest(this.service.pool);
    const matter = input as Parameters<typeof obligationsOf>[0];
    return { obligations: obligationsOf(matter, { calendar, rules, why: true }) };
  }
}
