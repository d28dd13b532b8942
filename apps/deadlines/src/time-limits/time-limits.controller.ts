import { calculateLimit, obligationsOf } from '@app/legal-time-limits';
import { Permit, ROLES } from '@app/security';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';

/**
 * The calculator: the library over HTTP, same input and output as `npx tinbao limit` and `limits`. Touches no matter; bad
 * input is the library's own refusal, answered with 400, the field and what is allowed.
 */
@Controller('api/time-limits')
export class TimeLimitsController {
  /** The dates of one rule from one start. */
  @Post('calculate')
  @HttpCode(200)
  @Permit({ verb: 'time-limit.calculate', roles: ROLES, scope: 'none' })
  calculate(@Body() input: object): object {
    return calculateLimit(input as Parameters<typeof calculateLimit>[0]);
  }

  /** All obligations of one matter from its facts. */
  @Post('obligations')
  @HttpCode(200)
  @Permit({ verb: 'time-limit.calculate', roles: ROLES, scope: 'none' })
  obligations(@Body() input: object): object {
    return { obligations: obligationsOf(input as Parameters<typeof obligationsOf>[0], { why: true }) };
  }
}
