import type { DeliveredEvent } from '../types.js';

/** Tries to handle some events, all or none. @returns what was thrown, null when they are handled */
export type Attempt = (events: readonly DeliveredEvent[]) => Promise<string | null>;

/** A stream's events from the first that cannot be handled on, and what was thrown at it. */
export interface Poisoned {
  events: readonly [DeliveredEvent, ...DeliveredEvent[]];
  error: string;
}

/**
 * Handle every stream that can be. By halving: to find one bad stream among n costs about 2 log n attempts, not n.
 * @param streams the events of each, in their order
 * @returns the streams that cannot be handled
 */
export async function handleApart(
  attempt: Attempt,
  streams: readonly (readonly DeliveredEvent[])[],
): Promise<Poisoned[]> {
  const [only] = streams;
  if (!only) return [];
  if (streams.length === 1) {
    const { handled, error } = await handleUpTo(attempt, only);
    return error === null ? [] : [{ events: only.slice(handled) as [DeliveredEvent, ...DeliveredEvent[]], error }];
  }
  if ((await attempt(streams.flat())) === null) return [];
  const half = streams.length >> 1;
  const first = await handleApart(attempt, streams.slice(0, half));
  return [...first, ...(await handleApart(attempt, streams.slice(half)))];
}

/**
 * Handle one stream's events in their order up to the first bad one, again by halving: what comes after it must wait.
 * @returns how many are handled, and what was thrown at the next; null when all are
 */
export async function handleUpTo(
  attempt: Attempt,
  events: readonly DeliveredEvent[],
): Promise<{ handled: number; error: string | null }> {
  if (events.length === 0) return { handled: 0, error: null };
  const error = await attempt(events);
  if (error === null) return { handled: events.length, error };
  if (events.length === 1) return { handled: 0, error };
  const half = events.length >> 1;
  const first = await handleUpTo(attempt, events.slice(0, half));
  if (first.error !== null) return first;
  const rest = await handleUpTo(attempt, events.slice(half));
  return { handled: half + rest.handled, error: rest.error };
}

/** Events grouped by stream, each group in its order. */
export function byStream(events: readonly DeliveredEvent[]): DeliveredEvent[][] {
  const groups = new Map<string, DeliveredEvent[]>();
  for (const event of events) {
    const group = groups.get(event.stream);
    if (group) group.push(event);
    else groups.set(event.stream, [event]);
  }
  return [...groups.values()];
}
