import type { TrustedIssuer } from './token-verifier.js';

/** An issuer that says which of its tokens have ended before their time. */
export interface WatchedIssuer extends TrustedIssuer {
  /** Where it says so; absent = its tokens end with their time alone. */
  endedTokensUri?: string;
}

export interface TokenWatchOptions {
  issuers: readonly WatchedIssuer[];
  /** The issuer could not be asked; tokens count on until their time is over. Told once until it answers again. */
  onFault: (error: Error) => void;
  intervalMs?: number;
}

const INTERVAL_MS = 2_000;
const ANSWER_MS = 2_000;
const AT_ONCE = 400;
const REMEMBERED = 10_000;

const issuerOf = (token: string): string | null => {
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      iss?: unknown;
    };
    return typeof iss === 'string' ? iss : null;
  } catch {
    return null;
  }
};

/**
 * Watches the tokens by which something is kept open, and tells when one has ended: signed out, account disabled, rights
 * changed. Asks the issuer for all of them together, each token once however much hangs on it, and nothing while
 * nothing is open.
 */
export class TokenWatch {
  private readonly watched = new Map<string, Set<() => void>>();
  /** Ended tokens whose time is not over yet: they open nothing again. The oldest are forgotten first. */
  private readonly ended = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private hasFault = false;

  constructor(private readonly options: TokenWatchOptions) {}

  /** Whether the token is known to have ended. */
  hasEnded(token: string): boolean {
    return this.ended.has(token);
  }

  /** @param onEnded called once, when the token has ended. @returns what ends the watch */
  watch(token: string, onEnded: () => void): () => void {
    const listeners = this.watched.get(token) ?? new Set();
    this.watched.set(token, listeners);
    listeners.add(onEnded);
    this.schedule();
    return () => {
      listeners.delete(onEnded);
      if (listeners.size === 0 && this.watched.get(token) === listeners) this.watched.delete(token);
    };
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.watched.clear();
  }

  private schedule(): void {
    if (this.timer !== undefined || this.isStopped || this.watched.size === 0) return;
    this.timer = setTimeout(() => {
      void this.look().finally(() => {
        this.timer = undefined;
        this.schedule();
      });
    }, this.options.intervalMs ?? INTERVAL_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    const byUri = new Map<string, string[]>();
    for (const token of this.watched.keys()) {
      const issuer = issuerOf(token);
      const uri = this.options.issuers.find((one) => one.issuer === issuer)?.endedTokensUri;
      if (uri !== undefined) byUri.set(uri, [...(byUri.get(uri) ?? []), token]);
    }
    try {
      for (const [uri, tokens] of byUri) {
        for (let from = 0; from < tokens.length; from += AT_ONCE)
          await this.ask(uri, tokens.slice(from, from + AT_ONCE));
      }
      this.hasFault = false;
    } catch (error) {
      if (!this.hasFault && !this.isStopped) this.options.onFault(error as Error);
      this.hasFault = true;
    }
  }

  private async ask(uri: string, tokens: readonly string[]): Promise<void> {
    const answer = await fetch(uri, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tokens }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new Error(`the issuer answered ${answer.status}`);
    }
    const { ended } = (await answer.json()) as { ended: number[] };
    for (const place of ended) this.end(tokens[place]!);
  }

  private end(token: string): void {
    if (this.ended.size >= REMEMBERED) for (const oldest of [...this.ended].slice(0, 1)) this.ended.delete(oldest);
    this.ended.add(token);
    const listeners = this.watched.get(token);
    this.watched.delete(token);
    for (const onEnded of listeners ?? []) onEnded();
  }
}
