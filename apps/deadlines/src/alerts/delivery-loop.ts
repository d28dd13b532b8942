import { createHmac } from 'node:crypto';
import { WakingLoop } from '@app/messaging';
import { inScope } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { PoolClient } from 'pg';
import { allowsWebhook, type DeadlinesConfig } from '../config.js';
import { DEADLINES_CONFIG, DEADLINES_CONTEXT } from '../context.js';
import { obligationPage, obligationSummary } from '../obligations/obligation-list.js';
import { DATABASE_NOW } from '../timers/deadline-timers.js';
import {
  type Delivery,
  endDelivery,
  postponeDelivery,
  queueDigests,
  queueItems,
  takeDeliveries,
} from './delivery-queue.js';
import { inboxItem, movedSince } from './inbox-list.js';
import { alertBody, alertMail, digestMail, type Mail } from './messages.js';
import { openSecret, webhookKey } from './preferences.js';

const BATCH = 20;
const IDLE_MS = 2_000;
const SEND_TIMEOUT_MS = 10_000;
const DIGEST_ROWS = 50;
const MS_PER_SECOND = 1_000;

/** Signature of a webhook: HMAC-SHA256 over `<timestamp>.<body>` as hex. */
export function webhookSignature(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

/** Sends what is queued, by e-mail and webhook, while the application runs. Several instances share the queue. */
@Injectable()
export class DeliveryLoop implements OnApplicationBootstrap, OnModuleDestroy {
  /** SQL expression of the present moment; only drills give another than the database's clock. */
  nowSql = DATABASE_NOW;
  private readonly logger = new Logger('deadlines.deliveries');
  private readonly transport: ReturnType<typeof createTransport> | null;
  private readonly key: Buffer;
  private readonly loop = new WakingLoop(() => this.roundAndRest());

  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    @Inject(DEADLINES_CONFIG) private readonly config: DeadlinesConfig,
  ) {
    this.key = webhookKey(service.settings.masterKey);
    const timeouts = {
      connectionTimeout: SEND_TIMEOUT_MS,
      greetingTimeout: SEND_TIMEOUT_MS,
      socketTimeout: SEND_TIMEOUT_MS,
    };
    this.transport = config.smtpUrl === null ? null : createTransport({ url: config.smtpUrl, ...timeouts });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    this.transport?.close();
  }

  /** Queue new items of the inbox, in the transaction that writes them. */
  async queue(ids: readonly string[], tx: PoolClient): Promise<void> {
    await queueItems(tx, ids, this.nowSql);
  }

  /**
   * Queue what has become due, then send what is ready.
   * @returns how many deliveries were tried
   */
  async round(): Promise<number> {
    const { pool } = this.service;
    if (this.transport) await queueDigests(pool, this.nowSql);
    const channels = ['webhook', ...(this.transport ? ['email'] : [])];
    const deliveries = await takeDeliveries(pool, channels, BATCH, this.nowSql);
    await Promise.all(deliveries.map((delivery) => this.deliver(delivery)));
    return deliveries.length;
  }

  private async deliver(delivery: Delivery): Promise<void> {
    const { pool } = this.service;
    try {
      const isSent = delivery.channel === 'email' ? await this.mail(delivery) : await this.call(delivery);
      await endDelivery(pool, delivery.id, isSent ? 'sent' : 'dropped', this.nowSql);
    } catch (error) {
      const { message } = error as Error;
      this.logger.warn(`delivery ${delivery.id} failed at attempt ${delivery.attempts}: ${message}`);
      await postponeDelivery(pool, delivery.id, message, this.nowSql);
    }
  }

  /** False when there is nothing to send any more: no address, or the person may not see it now. */
  private async mail(delivery: Delivery): Promise<boolean> {
    const { id, email } = delivery;
    if (email === null || !this.transport) return false;
    const mail = await this.mailOf(delivery);
    if (!mail) return false;
    await this.transport.sendMail({
      from: this.config.mailFrom,
      to: email,
      ...mail,
      messageId: `<${id}@tinbao>`,
      headers: { 'X-Tinbao-Delivery': id },
    });
    return true;
  }

  private mailOf({ person, units, itemId }: Delivery): Promise<Mail | null> {
    const { pool, settings } = this.service;
    return inScope(pool, { units }, async (tx) => {
      if (itemId === null) {
        const page = { limit: DIGEST_ROWS, after: undefined };
        const [summary, late, open] = [
          await obligationSummary(tx, undefined),
          await obligationPage(tx, { status: 'breached', state: 'open' }, page),
          await obligationPage(tx, { status: 'open' }, page),
        ];
        const moved = await movedSince(tx, `${this.nowSql} - interval '24 hours'`, DIGEST_ROWS);
        return digestMail(summary, [...late, ...open].slice(0, DIGEST_ROWS), moved, settings.publicUrl);
      }
      const item = await inboxItem(tx, person, itemId);
      return item && alertMail(item, settings.publicUrl);
    });
  }

  private async call({ id, person, units, itemId, webhookUrl, webhookSecret }: Delivery): Promise<boolean> {
    const { pool, clock, settings } = this.service;
    if (itemId === null || webhookUrl === null || webhookSecret === null) return false;
    if (!allowsWebhook(this.config, new URL(webhookUrl).hostname, settings.evaluation)) return false;
    const item = await inScope(pool, { units }, (tx) => inboxItem(tx, person, itemId));
    if (!item) return false;
    const body = alertBody(id, item);
    const timestamp = String(Math.floor(clock.now().getTime() / MS_PER_SECOND));
    const answer = await fetch(webhookUrl, {
      method: 'POST',
      body,
      // A redirect would lead to a host that nobody has allowed.
      redirect: 'error',
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-tinbao-delivery': id,
        'x-tinbao-timestamp': timestamp,
        'x-tinbao-signature': webhookSignature(openSecret(this.key, person, webhookSecret), timestamp, body),
      },
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
    return true;
  }

  private async roundAndRest(): Promise<number> {
    try {
      if ((await this.round()) >= BATCH) return 0;
    } catch (error) {
      this.logger.error(`deliveries could not be sent, trying again: ${(error as Error).message}`);
    }
    return IDLE_MS;
  }
}
