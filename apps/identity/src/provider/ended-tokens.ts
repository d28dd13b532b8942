import { Public } from '@app/http';
import { type Bearer, TokenVerifier } from '@app/security';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsString, MaxLength } from 'class-validator';
import type { Account, Accounts } from '../accounts/accounts.js';
import { IDENTITY_CONTEXT, type IdentityContext, MOUNT } from '../context.js';
import { MACHINES, PEOPLE, RECORD_KEY } from '../tokens.js';
import { standingGrants } from './postgres-adapter.js';

const MOST_TOKENS = 500;
const MOST_CHARACTERS = 8_000;

export class EndedTokensBody {
  @IsArray()
  @ArrayMaxSize(MOST_TOKENS)
  @IsString({ each: true })
  @MaxLength(MOST_CHARACTERS, { each: true })
  tokens!: string[];
}

const sameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one) => others.includes(one));

/**
 * Which access tokens no longer say what is so: their holder signed out, or the account was disabled or has other rights
 * now. A token is a signed paper that nobody takes back; whoever keeps something open by it asks here, for many at once
 * (introspection as in RFC 7662, which knows one token a request). Without sign-in: who asks holds the tokens, and learns of
 * no others.
 */
@Controller(`${MOUNT}/ended-tokens`)
export class EndedTokensEndpoint {
  constructor(
    @Inject(TokenVerifier) private readonly verifier: TokenVerifier,
    @Inject(IDENTITY_CONTEXT) private readonly context: IdentityContext,
    @Inject(PEOPLE) private readonly people: Accounts,
    @Inject(MACHINES) private readonly machines: Accounts,
    @Inject(RECORD_KEY) private readonly recordKey: Buffer,
  ) {}

  /** Places in the list of those that ended; one that is not valid has ended too. */
  @Public()
  @Post()
  @HttpCode(200)
  async ended(@Body() { tokens }: EndedTokensBody): Promise<{ ended: number[] }> {
    const bearers = await Promise.all(tokens.map((token) => this.verifier.verify(token).catch(() => null)));
    const valid = bearers.filter((bearer) => bearer !== null);
    const ids = [...new Set(valid.map(({ id }) => id))];
    const sessions = [...new Set(valid.flatMap(({ session }) => session ?? []))];
    const [people, machines, standing] = await Promise.all([
      this.people.findAll(ids),
      this.machines.findAll(ids),
      standingGrants(this.context.pool, this.recordKey, sessions),
    ]);
    const stands = (bearer: Bearer): boolean => {
      const account: Account | undefined = (bearer.session === undefined ? machines : people).get(bearer.id);
      return (
        account !== undefined &&
        sameSet(account.roles, bearer.roles) &&
        sameSet(account.units, bearer.units) &&
        (bearer.session === undefined || standing.has(bearer.session))
      );
    };
    return { ended: bearers.flatMap((bearer, place) => (bearer !== null && stands(bearer) ? [] : [place])) };
  }
}
