import { type Caller, CurrentCaller, Malformed } from '@app/http';
import { Permit } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Body, Controller, Get, Inject, Put } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  MaxLength,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { allowsWebhook, type DeadlinesConfig } from '../config.js';
import { DEADLINES_CONFIG, DEADLINES_CONTEXT } from '../context.js';
import { INBOX_KINDS, type InboxKind } from './inbox.consumer.js';
import { ALERTED_ROLES } from './inbox.controller.js';
import { choosePreferences, noteReader, preferencesOf, type QuietHours, webhookKey } from './preferences.js';

const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;
const TIME_MESSAGE = { message: '$property cần dạng HH:MM | $property must be HH:MM' };

export class WebhookBody {
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false, disallow_auth: true })
  @MaxLength(1000)
  url!: string;

  /** Left out, the secret in use stays; when there is none, one is made and answered once. */
  @IsOptional() @IsString() @MinLength(16) @MaxLength(200) secret?: string;
}

export class QuietHoursBody implements QuietHours {
  @Matches(TIME_OF_DAY, TIME_MESSAGE) from!: string;
  @Matches(TIME_OF_DAY, TIME_MESSAGE) to!: string;
}

export class PreferencesBody {
  @IsArray() @ArrayUnique() @IsIn(INBOX_KINDS, { each: true }) kinds!: InboxKind[];
  @IsOptional() @IsEmail() @MaxLength(254) email?: string | null;
  @IsOptional() @ValidateNested() @Type(() => WebhookBody) webhook?: WebhookBody | null;
  @IsOptional() @ValidateNested() @Type(() => QuietHoursBody) quietHours?: QuietHoursBody | null;
  @IsBoolean() digest!: boolean;
}

/** A person's preferences as answered; a secret only when it was made by this request. */
interface PreferencesAnswer {
  kinds: InboxKind[];
  email: string | null;
  webhook: { url: string; secret?: string } | null;
  quietHours: QuietHours | null;
  digest: boolean;
  /** What this installation can send. */
  channels: { email: boolean; webhook: boolean };
}

/** How a person wants to be told of alerts, beside the inbox. */
@Controller('api/me/alerts')
export class PreferencesController {
  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    @Inject(DEADLINES_CONFIG) private readonly config: DeadlinesConfig,
  ) {}

  @Get()
  @Permit({ verb: 'alert.choose', roles: ALERTED_ROLES, scope: 'none' })
  async read(@CurrentCaller() caller: Caller): Promise<PreferencesAnswer> {
    await noteReader(this.service.pool, caller);
    return this.answer(caller.id, null);
  }

  /** Replace all of it. */
  @Put()
  @Permit({ verb: 'alert.choose', roles: ALERTED_ROLES, scope: 'none' })
  async choose(@Body() body: PreferencesBody, @CurrentCaller() caller: Caller): Promise<PreferencesAnswer> {
    const { pool, settings } = this.service;
    if (body.webhook && !allowsWebhook(this.config, new URL(body.webhook.url).hostname, settings.evaluation)) {
      throw new Malformed([
        {
          field: 'webhook.url',
          constraint: 'host',
          vi: 'Máy chủ này không nằm trong danh sách được phép nhận thông báo.',
          en: 'This host is not among those that webhooks may be sent to.',
        },
      ]);
    }
    await noteReader(pool, caller);
    const secret = await choosePreferences(pool, webhookKey(settings.masterKey), caller.id, {
      kinds: body.kinds,
      email: body.email ?? null,
      webhookUrl: body.webhook?.url ?? null,
      secret: body.webhook?.secret,
      quietHours: body.quietHours ? { from: body.quietHours.from, to: body.quietHours.to } : null,
      digest: body.digest,
    });
    return this.answer(caller.id, secret);
  }

  private async answer(person: string, secret: string | null): Promise<PreferencesAnswer> {
    const { webhookUrl, ...rest } = await preferencesOf(this.service.pool, person);
    const webhook = webhookUrl === null ? null : { url: webhookUrl, ...(secret === null ? {} : { secret }) };
    const { smtpUrl, webhookHosts } = this.config;
    return {
      ...rest,
      webhook,
      channels: {
        email: smtpUrl !== null,
        webhook: webhookHosts === null ? this.service.settings.evaluation : webhookHosts.some((host) => host !== ''),
      },
    };
  }
}
