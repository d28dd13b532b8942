/** What deadlines reads from the environment itself; everything else comes with the service context. */
export interface DeadlinesConfig {
  /** Mail server, for example `smtp://mail.example:587`; null = no e-mail leaves. */
  smtpUrl: string | null;
  /** Sender of all e-mail. */
  mailFrom: string;
  /** Hosts that webhooks may be sent to; null = any in the evaluation mode, none outside it. `*` = any. */
  webhookHosts: readonly string[] | null;
}

/** @throws RangeError when SMTP_URL is not an smtp: or smtps: address */
export function readDeadlinesConfig(env: NodeJS.ProcessEnv = process.env): DeadlinesConfig {
  const smtpUrl = env['SMTP_URL'] || null;
  if (smtpUrl !== null && !/^smtps?:\/\//.test(smtpUrl))
    throw new RangeError('SMTP_URL must start with smtp: or smtps:');
  const hosts = env['WEBHOOK_HOSTS'];
  return {
    smtpUrl,
    mailFrom: env['MAIL_FROM'] || 'Tin Báo <tinbao@localhost>',
    webhookHosts: hosts === undefined ? null : hosts.split(',').map((host) => host.trim().toLowerCase()),
  };
}

/** Whether webhooks may be sent to this host. */
export function allowsWebhook({ webhookHosts }: DeadlinesConfig, host: string, evaluation: boolean): boolean {
  if (webhookHosts === null) return evaluation;
  return webhookHosts.includes('*') || webhookHosts.includes(host.toLowerCase());
}
