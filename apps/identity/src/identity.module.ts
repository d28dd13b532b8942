import { Inject, Logger, Module } from '@nestjs/common';
import type { DynamicModule, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { registerCatalogue } from '@app/security';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { type Provider } from 'oidc-provider';
import { Accounts } from './accounts/accounts.js';
import {
  ensureEvaluationAccounts,
  EvaluationInProduction,
  refuseEvaluationAccounts,
} from './accounts/evaluation-accounts.js';
import { PERMISSIONS } from './accounts/permission-catalogue.js';
import { SecondFactors } from './accounts/second-factors.js';
import { SignInThrottle } from './accounts/sign-in-throttle.js';
import { CreateAccountEndpoint } from './accounts/use-cases/create-account.js';
import { ListAccountsEndpoint } from './accounts/use-cases/list-accounts.js';
import { ReadMeEndpoint } from './accounts/use-cases/read-me.js';
import { SecondFactorEndpoint } from './accounts/use-cases/second-factor.js';
import { type IdentityConfig, readIdentityConfig } from './config.js';
import { IDENTITY_CONTEXT, type IdentityContext } from './context.js';
import { mountProvider } from './provider/mount.js';
import { PostgresAdapter, removeExpiredRecords } from './provider/postgres-adapter.js';
import { EndedTokensEndpoint } from './provider/ended-tokens.js';
import { createProvider, derivedKey } from './provider/provider.js';
import { signingKeys } from './provider/signing-keys.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { MACHINES, OIDC_PROVIDER, PEOPLE, RECORD_KEY, TICKET_KEY } from './tokens.js';

const CLEANING_INTERVAL_MS = 10 * 60_000;

/** Accounts that must exist before the first request, and none that must not. */
async function prepareAccounts(
  { clock, settings }: IdentityContext,
  people: Accounts,
  machines: Accounts,
  { isProduction, firstOperator }: IdentityConfig,
): Promise<void> {
  const now = clock.now();
  if (settings.evaluation) {
    if (isProduction) throw new EvaluationInProduction('the evaluation mode does not run with NODE_ENV=production');
    await ensureEvaluationAccounts(people, machines, now);
    return;
  }
  if (isProduction) await refuseEvaluationAccounts(people, machines);
  if (firstOperator && (await people.isEmpty())) {
    const { id, password } = firstOperator;
    const operator = { id, name: id, roles: ['operator'], units: ['*'], secret: password, evaluation: false };
    await people.createIfAbsent(operator, now);
  }
}

const recordKeyOf = (masterKey: Buffer): Buffer => derivedKey(masterKey, 'identity.oidc-records');

async function openIssuer(context: IdentityContext, people: Accounts, machines: Accounts): Promise<Provider> {
  const { pool, clock, settings } = context;
  const { publicUrl, masterKey } = settings;
  const [keys] = await Promise.all([
    signingKeys(pool, masterKey, clock.now()),
    prepareAccounts(context, people, machines, readIdentityConfig()),
  ]);
  const recordKey = recordKeyOf(masterKey);
  const adapter = (model: string) => new PostgresAdapter(model, pool, recordKey, machines);
  return createProvider({ publicUrl, masterKey, keys, people, machines, adapter });
}

/** The embedded issuer: accounts, sign-in, tokens. Another OpenID Connect provider may take its place by configuration. */
@Module({})
export class IdentityModule implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger('identity');
  private cleaning: NodeJS.Timeout | undefined;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(OIDC_PROVIDER) private readonly provider: Provider,
    @Inject(IDENTITY_CONTEXT) private readonly context: IdentityContext,
  ) {}

  /** @throws EvaluationInProduction, MasterKeyUnusable while the application is made */
  static forContext(context: IdentityContext): DynamicModule {
    registerCatalogue(PERMISSIONS);
    const { pool, clock, settings } = context;
    const people = new Accounts(pool, 'people', settings.evaluation);
    const machines = new Accounts(pool, 'machines', settings.evaluation);
    const key = (purpose: string) => derivedKey(settings.masterKey, purpose);
    return {
      module: IdentityModule,
      controllers: [
        SignInController,
        ReadMeEndpoint,
        ListAccountsEndpoint,
        CreateAccountEndpoint,
        SecondFactorEndpoint,
        EndedTokensEndpoint,
      ],
      providers: [
        { provide: IDENTITY_CONTEXT, useValue: context },
        { provide: PEOPLE, useValue: people },
        { provide: MACHINES, useValue: machines },
        { provide: RECORD_KEY, useValue: recordKeyOf(settings.masterKey) },
        { provide: TICKET_KEY, useValue: key('identity.sign-in-tickets') },
        { provide: SignInThrottle, useValue: new SignInThrottle(pool, key('identity.sign-in-attempts'), clock) },
        { provide: SecondFactors, useValue: new SecondFactors(pool, key('identity.second-factors'), clock) },
        { provide: OIDC_PROVIDER, useFactory: () => openIssuer(context, people, machines) },
      ],
    };
  }

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance() as FastifyInstance;
    mountProvider(fastify, this.provider, this.context.settings.publicUrl);
    this.cleaning = setInterval(() => void this.clean(), CLEANING_INTERVAL_MS);
    this.cleaning.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.cleaning);
  }

  private async clean(): Promise<void> {
    try {
      await removeExpiredRecords(this.context.pool);
    } catch (error) {
      // Tried again at the next turn; expired records are not found by readers anyway.
      this.log.warn(`expired sign-in records were not removed: ${(error as Error).name}`);
    }
  }
}
