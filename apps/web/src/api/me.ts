import { get } from './client';
import type { Me } from './types';

let askedEarly: Promise<Me> | null = null;

/** Asks who is signed in before anybody wants to know, the token renewed first. A failure is told by `me`'s next attempt. */
export function askMeEarly(): void {
  askedEarly = get<Me>('/api/me');
  askedEarly.catch(() => undefined);
}

/** Who is signed in; the answer that was asked for early serves the first time. */
export function me(signal: AbortSignal): Promise<Me> {
  const early = askedEarly;
  askedEarly = null;
  return early ?? get<Me>('/api/me', undefined, signal);
}
