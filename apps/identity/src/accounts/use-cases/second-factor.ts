import { type Caller, Permit, ROLES } from '@app/security';
import { CurrentCaller, HttpProblem, NotFound } from '@app/http';
import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Matches } from 'class-validator';
import { PEOPLE } from '../../tokens.js';
import type { Accounts } from '../accounts.js';
import { SecondFactors } from '../second-factors.js';
import { SignInThrottle } from '../sign-in-throttle.js';

export class CodeBody {
  @Matches(/^[0-9]{6}$/, { message: 'code gồm 6 chữ số | code has 6 digits' })
  code!: string;
}

const OWN = { verb: 'self.second-factor', roles: ROLES, scope: 'none' } as const;

const wrongCode = () =>
  new HttpProblem(409, 'SecondFactorCodeWrong', {
    vi: 'Mã không đúng hoặc đã dùng. Hãy nhập mã mới.',
    en: 'The code is wrong or was used before. Give a new one.',
  });

/** A person's own second factor, and its removal by the operator when the telephone is lost. */
@Controller('api')
export class SecondFactorEndpoint {
  constructor(
    @Inject(SecondFactors) private readonly secondFactors: SecondFactors,
    @Inject(SignInThrottle) private readonly throttle: SignInThrottle,
    @Inject(PEOPLE) private readonly people: Accounts,
  ) {}

  /** A secret for the authenticator; asked for at sign-in only after a code of it was confirmed. */
  @Permit(OWN)
  @Post('me/second-factor')
  async begin(@CurrentCaller() { id }: Caller): Promise<{ secret: string; uri: string }> {
    if (!(await this.people.find(id))) throw new NotFound('Account', id);
    const begun = await this.secondFactors.begin(id);
    if (begun) return begun;
    throw new HttpProblem(409, 'SecondFactorExists', {
      vi: 'Tài khoản đã có xác thực hai bước. Hãy gỡ trước khi đặt lại.',
      en: 'The account has a second factor. Remove it before setting another.',
    });
  }

  @Permit(OWN)
  @Post('me/second-factor/confirm')
  @HttpCode(204)
  async confirm(@CurrentCaller() { id }: Caller, @Body() { code }: CodeBody): Promise<void> {
    await this.check(id, code);
  }

  @Permit(OWN)
  @Post('me/second-factor/remove')
  @HttpCode(204)
  async remove(@CurrentCaller() { id }: Caller, @Body() { code }: CodeBody): Promise<void> {
    await this.check(id, code);
    await this.secondFactors.remove(id);
  }

  @Permit({ verb: 'account.reset-second-factor', roles: ['operator'], scope: 'all' })
  @Post('accounts/:id/second-factor/reset')
  @HttpCode(204)
  async reset(@Param('id') id: string): Promise<void> {
    if (!(await this.secondFactors.remove(id))) throw new NotFound('SecondFactor', id);
  }

  private async check(id: string, code: string): Promise<void> {
    const counted = `code:${id}`;
    const waitSeconds = await this.throttle.attempt(counted);
    if (waitSeconds !== null) {
      throw new HttpProblem(
        429,
        'TooManyAttempts',
        { vi: `Quá nhiều lần thử. Hãy thử lại sau ${waitSeconds} giây.`, en: `Try again in ${waitSeconds} seconds.` },
        {},
        waitSeconds,
      );
    }
    if (!(await this.secondFactors.accept(id, code))) throw wrongCode();
    await this.throttle.succeeded(counted);
  }
}
