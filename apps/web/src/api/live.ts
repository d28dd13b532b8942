import { accessToken } from './session';
import { isProblem } from './problem';
import { send } from './client';

/**
 * Server-sent events read through `fetch`, because an `EventSource` cannot carry the bearer token. A broken stream is taken up again from the last event seen,
 * after 0.5 s, then twice as long each time, up to 15 s.
 */
export interface LiveEvent {
  id: string | null;
  event: string;
  data: string;
}

/** Cuts a text stream into events (the WHATWG event-stream grammar; comments and unknown fields are left out). */
export function eventParser(take: (event: LiveEvent) => void, beat: () => void): (chunk: string) => void {
  let rest = '';
  let id: string | null = null;
  let event = '';
  let data: string[] = [];
  return (chunk) => {
    rest += chunk;
    const lines = rest.split(/\r\n|\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      beat();
      if (line === '') {
        if (data.length > 0) take({ id, event: event === '' ? 'message' : event, data: data.join('\n') });
        event = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'id') id = value;
      else if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
    }
  };
}

export interface LiveOptions {
  onEvent: (event: LiveEvent) => void;
  /** Called for each sign of life, heartbeats included. */
  onBeat: () => void;
  onState: (state: 'connecting' | 'open' | 'lost') => void;
  /** A refusal that no further attempt will mend. */
  onRefused: (error: unknown) => void;
}

/** Opens the stream. @returns a function that closes it for good */
export function openLive(path: string, options: LiveOptions): () => void {
  const closing = new AbortController();
  let lastId: string | null = null;

  const read = async (): Promise<void> => {
    await accessToken();
    const response = await send(path, {
      signal: closing.signal,
      cache: 'no-store',
      headers: { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
    });
    if (response.body === null) return;
    options.onState('open');
    const parse = eventParser((event) => {
      if (event.id !== null) lastId = event.id;
      options.onEvent(event);
    }, options.onBeat);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parse(value);
    }
  };

  const run = async (): Promise<void> => {
    let waitMs = 500;
    while (!closing.signal.aborted) {
      options.onState('connecting');
      const began = performance.now();
      try {
        await read();
      } catch (error) {
        if (closing.signal.aborted) return;
        if (isProblem(error) && error.kind !== 'offline' && error.kind !== 'broken') {
          options.onRefused(error);
          return;
        }
      }
      if (closing.signal.aborted) return;
      options.onState('lost');
      // A stream that held for a while broke by accident: begin with short waits again.
      waitMs = performance.now() - began > 20_000 ? 500 : Math.min(waitMs * 2, 15_000);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        closing.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  };
  void run();
  return () => closing.abort();
}
