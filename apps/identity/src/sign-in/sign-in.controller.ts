import { openText, Public, SealBroken, sealText } from '@app/security';
import { Body, Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Interaction, Provider } from 'oidc-provider';
import { type Accounts } from '../accounts/accounts.js';
import { SecondFactors } from '../accounts/second-factors.js';
import { SignInThrottle } from '../accounts/sign-in-throttle.js';
import { IDENTITY_CONTEXT, type IdentityContext, MOUNT } from '../context.js';
import { OIDC_PROVIDER, PEOPLE, TICKET_KEY } from '../tokens.js';
import { expiredPage, secondFactorPage, SIGN_OUT_SCRIPT, signInPage } from './pages.js';
import { isLanguage, type Language, WORDS } from './words.js';

const MAX_FIELD_LENGTH = 200;
const TICKET_MINUTES = 5;
const TICKET_PLACE = 'identity.sign-in-ticket';

/** What the forms send; anything else is dropped. */
interface SignInForm {
  lang: string;
  user: string;
  password: string;
  ticket: string;
  code: string;
}

function formOf(body: unknown): SignInForm {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = (name: string, max: number): string => {
    const value = fields[name];
    return typeof value === 'string' && value.length <= max ? value : '';
  };
  return {
    lang: text('lang', 2),
    user: text('user', MAX_FIELD_LENGTH).trim().toLowerCase(),
    password: text('password', MAX_FIELD_LENGTH),
    ticket: text('ticket', 1000),
    code: text('code', 10),
  };
}

/** Proof, carried by the form, that the password was right a moment ago. */
interface Ticket {
  accountId: string;
  uid: string;
  until: number;
}

/** The pages between "sign in" in the application and its callback. */
@Public()
@Controller(MOUNT.slice(1))
export class SignInController {
  constructor(
    @Inject(OIDC_PROVIDER) private readonly provider: Provider,
    @Inject(PEOPLE) private readonly people: Accounts,
    @Inject(SignInThrottle) private readonly throttle: SignInThrottle,
    @Inject(SecondFactors) private readonly secondFactors: SecondFactors,
    @Inject(TICKET_KEY) private readonly ticketKey: Buffer,
    @Inject(IDENTITY_CONTEXT) private readonly context: IdentityContext,
  ) {}

  @Get('interaction/:uid')
  async show(
    @Param('uid') uid: string,
    @Query('lang') lang: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const interaction = await this.interaction(uid, request, reply);
    if (!interaction) return this.expired(reply, lang);
    if (interaction.prompt.name === 'consent') {
      // Our own application: what it asks for was decided when it was registered.
      const { grantId } = interaction;
      return this.finish(request, reply, { consent: grantId === undefined ? {} : { grantId } }, true);
    }
    const language = this.language(lang, interaction);
    return this.html(reply, 200, signInPage({ ...this.view(uid, language) }));
  }

  @Post('interaction/:uid')
  async signIn(
    @Param('uid') uid: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const form = formOf(body);
    const interaction = await this.interaction(uid, request, reply);
    if (!interaction || interaction.prompt.name !== 'login') return this.expired(reply, form.lang);
    const language = this.language(form.lang, interaction);
    if (form.ticket !== '') return this.takeCode(uid, form, language, request, reply);

    const words = WORDS[language];
    const again = (status: number, fault: string) =>
      this.html(reply, status, signInPage({ ...this.view(uid, language), user: form.user, fault }));
    if (form.user === '' || form.password === '') return again(400, words.missing);
    const waitSeconds = await this.throttle.attempt(form.user);
    if (waitSeconds !== null) {
      void reply.header('retry-after', String(waitSeconds));
      return again(429, words.locked(waitSeconds));
    }
    if (!(await this.people.hasSecret(form.user, form.password))) return again(401, words.wrongPassword);
    await this.throttle.succeeded(form.user);
    if (await this.secondFactors.isRequired(form.user)) {
      const ticket = this.ticketFor(form.user, uid);
      return this.html(reply, 200, secondFactorPage({ language, action: this.action(uid), ticket }));
    }
    return this.finish(request, reply, { login: { accountId: form.user, amr: ['pwd'], remember: false } }, false);
  }

  private async takeCode(
    uid: string,
    form: SignInForm,
    language: Language,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const accountId = this.accountOf(form.ticket, uid);
    if (accountId === undefined) return this.expired(reply, language);
    // Codes are throttled apart from passwords: a right password must not give ten more codes.
    const counted = `code:${accountId}`;
    const again = (status: number, fault: string) =>
      this.html(reply, status, secondFactorPage({ language, action: this.action(uid), ticket: form.ticket, fault }));
    const waitSeconds = await this.throttle.attempt(counted);
    if (waitSeconds !== null) {
      void reply.header('retry-after', String(waitSeconds));
      return again(429, WORDS[language].locked(waitSeconds));
    }
    if (!(await this.secondFactors.accept(accountId, form.code))) return again(401, WORDS[language].wrongCode);
    await this.throttle.succeeded(counted);
    return this.finish(request, reply, { login: { accountId, amr: ['pwd', 'otp'], remember: false } }, false);
  }

  @Get('assets/sign-out.js')
  signOutScript(@Res() reply: FastifyReply): void {
    void reply.type('text/javascript; charset=utf-8').header('cache-control', 'max-age=3600').send(SIGN_OUT_SCRIPT);
  }

  /** The sign-in under way in this browser, when it is the one in the address. */
  private async interaction(
    uid: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Interaction | undefined> {
    try {
      const interaction = await this.provider.interactionDetails(request.raw, reply.raw);
      return interaction.uid === uid ? interaction : undefined;
    } catch (error) {
      if ((error as Error).name === 'SessionNotFound') return undefined;
      throw error;
    }
  }

  private async finish(
    request: FastifyRequest,
    reply: FastifyReply,
    result: Record<string, unknown>,
    mergeWithLastSubmission: boolean,
  ): Promise<void> {
    const options = { mergeWithLastSubmission };
    const returnTo = await this.provider.interactionResult(request.raw, reply.raw, result, options);
    // Only the path: the browser stays on the origin that it came by.
    const { pathname, search } = new URL(returnTo);
    await reply.header('cache-control', 'no-store').redirect(`${pathname}${search}`, 303);
  }

  private action(uid: string): string {
    return `${MOUNT}/interaction/${uid}`;
  }

  private view(uid: string, language: Language) {
    return { language, action: this.action(uid), evaluation: this.context.settings.evaluation };
  }

  private language(asked: unknown, interaction: Interaction): Language {
    if (isLanguage(asked)) return asked;
    const wish = String(interaction.params['ui_locales'] ?? '').slice(0, 2);
    return isLanguage(wish) ? wish : 'vi';
  }

  private ticketFor(accountId: string, uid: string): string {
    const until = this.context.clock.now().getTime() + TICKET_MINUTES * 60_000;
    return sealText(this.ticketKey, JSON.stringify({ accountId, uid, until } satisfies Ticket), TICKET_PLACE);
  }

  private accountOf(sealed: string, uid: string): string | undefined {
    try {
      const ticket = JSON.parse(openText(this.ticketKey, sealed, TICKET_PLACE)) as Ticket;
      const isGood = ticket.uid === uid && ticket.until > this.context.clock.now().getTime();
      return isGood ? ticket.accountId : undefined;
    } catch (error) {
      if (error instanceof SealBroken) return undefined;
      throw error;
    }
  }

  private expired(reply: FastifyReply, asked: unknown): Promise<void> {
    return this.html(reply, 400, expiredPage(isLanguage(asked) ? asked : 'vi'));
  }

  private async html(reply: FastifyReply, status: number, page: string): Promise<void> {
    await reply.status(status).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page);
  }
}
