import { RecentMap } from './recent-map.js';
import type { StoredEvent, StreamDefinition } from './types.js';

/** A folded state and how far it goes. */
export interface Known<S> {
  state: S;
  version: number;
  /** Moment (monotonic, ms) at which surely no later event of the stream was written; what came after may be missing. */
  seenAt: number;
}

/**
 * Newest known states of streams, as many as were used last. Each is only a guess about the log: an append checks its
 * version, and a refusal is checked by reading on before it is believed. Kept apart by definition.
 */
export class StreamStates {
  private readonly byDefinition = new Map<object, RecentMap<string, Known<unknown>>>();

  /** @param limit streams kept per definition; 0 keeps none */
  constructor(private readonly limit: number) {}

  get<S>(definition: StreamDefinition<S>, stream: string): Known<S> | undefined {
    return this.byDefinition.get(definition)?.get(stream) as Known<S> | undefined;
  }

  /** Keep it unless a later one is known. */
  put<S>(definition: StreamDefinition<S>, stream: string, state: Known<S>): void {
    if (this.limit === 0) return;
    let known = this.byDefinition.get(definition);
    if (!known) this.byDefinition.set(definition, (known = new RecentMap(this.limit)));
    const standing = known.get(stream);
    if (standing && (standing.version > state.version || standing.seenAt > state.seenAt)) return;
    known.set(stream, state);
  }

  /** Forget a stream whose events were written by another way, or whose version was not the one kept. */
  drop(stream: string): void {
    for (const known of this.byDefinition.values()) known.delete(stream);
  }

  /** Forget all of them. */
  clear(): void {
    this.byDefinition.clear();
  }

  get size(): number {
    let size = 0;
    for (const known of this.byDefinition.values()) size += known.size;
    return size;
  }
}

/** State after further events; frozen to its depth, because it is shared by all who ask for the stream. */
export function fold<S>(definition: StreamDefinition<S>, state: S, events: readonly StoredEvent[]): S {
  let folded = state;
  for (const event of events) folded = definition.evolve(folded, event);
  return frozen(folded);
}

/** The same value, no longer changeable. What is frozen already is not looked into again. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
  return value;
}
