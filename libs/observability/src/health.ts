import { Public } from '@app/http';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** What a check found. `detail` is shown to whoever asks, so it holds no secret and no address. */
export interface CheckResult {
  ok: boolean;
  detail?: string;
}

export interface Readiness {
  status: 'ready' | 'not ready';
  checks: Record<string, CheckResult>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** The checks that decide whether this process can serve; services register theirs. */
export class HealthRegistry {
  private readonly checks = new Map<string, () => Promise<CheckResult | boolean>>();

  /**
   * @param name for example `intake.database`, `intake.carrier`, `intake.readers`; a second check of the name replaces it
   * @param check true or `{ok: true}` when it can serve; throwing or taking longer than 2 s counts as not
   */
  register(name: string, check: () => Promise<CheckResult | boolean>): void {
    this.checks.set(name, check);
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await this.run(check)] as const),
    );
    const isReady = results.length > 0 && results.every(([, { ok }]) => ok);
    return { status: isReady ? 'ready' : 'not ready', checks: Object.fromEntries(results) };
  }

  private async run(check: () => Promise<CheckResult | boolean>): Promise<CheckResult> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, detail: 'timed out' }), CHECK_TIMEOUT_MS);
    });
    try {
      const result = await Promise.race([check(), timeout]);
      return typeof result === 'boolean' ? { ok: result } : result;
    } catch (error) {
      // The class and code only: a connection error's message holds the database's address.
      const { name, code } = error as { name?: string; code?: string };
      return { ok: false, detail: code ?? name ?? 'failed' };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Health for whoever runs the system; no sign-in. */
@Public()
@Controller('health')
export class HealthController {
  constructor(@Inject(HealthRegistry) private readonly health: HealthRegistry) {}

  /** The process runs and answers. */
  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** Migrations are done, the carrier is connected, the readers run. 503 until then. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    void reply.status(readiness.status === 'ready' ? 200 : 503).header('cache-control', 'no-store');
    return readiness;
  }
}
