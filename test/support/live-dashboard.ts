import type { SystemClient } from './system.js';

/** What these tests look at in a dashboard's picture. */
export interface Picture {
  open: number;
  indicators: { id: string; numerator: number; denominator: number }[];
}

/** A dashboard being looked at: server-sent events read as the browser does, by fetch with a bearer token. */
export interface LiveDashboard {
  latest(): Picture | undefined;
  /** Resolves as soon as the picture last pushed fits. */
  until(fits: () => boolean, limitMs: number): Promise<void>;
  close(): void;
}

export async function liveDashboard(system: SystemClient, client: string, query: string): Promise<LiveDashboard> {
  const closing = new AbortController();
  const answer = await fetch(new URL(`/api/live/dashboard?${query}`, system.url), {
    headers: { authorization: `Bearer ${await system.token(client)}`, accept: 'text/event-stream' },
    signal: closing.signal,
  });
  if (!answer.ok || !answer.body) throw new Error(`no dashboard: ${answer.status} ${await answer.text()}`);
  let latest: Picture | undefined;
  let fault: Error | undefined;
  const watchers = new Set<() => void>();
  const follow = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const data = message.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
        if (data.length > 0) latest = JSON.parse(data.join('\n')) as Picture;
      }
      for (const watcher of watchers) watcher();
    }
    if (!closing.signal.aborted) throw new Error('the dashboard ended');
  };
  follow(answer.body).catch((error: Error) => {
    fault = error;
    for (const watcher of watchers) watcher();
  });
  return {
    latest: () => latest,
    until: (fits, limitMs) =>
      new Promise((resolve, reject) => {
        const done = (error?: Error): void => {
          clearTimeout(timer);
          watchers.delete(look);
          if (error) reject(error);
          else resolve();
        };
        const look = (): void => {
          if (fits()) done();
          else if (fault) done(fault);
        };
        const timer = setTimeout(
          () => done(new Error(`the dashboard does not fit after ${limitMs} ms: ${JSON.stringify(latest)}`)),
          limitMs,
        );
        watchers.add(look);
        look();
      }),
    close: () => closing.abort(),
  };
}
