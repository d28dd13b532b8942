/** Who acts: the account or machine client, the role it acts in and the unit it acts for. */
export interface Actor {
  id: string;
  role: string;
  unit: string;
}

/** Where an event came from; `import` and late entries are told apart from acts done at the desk. */
export type EventSource = 'ui' | 'import' | 'reaction' | 'timer';

export interface EventMeta {
  actor: Actor;
  /** The journey this event belongs to: the same for a command and everything that follows from it. */
  correlationId: string;
  /** Id of the event that caused this one; null when a person did. */
  causationId: string | null;
  /** Legal time: when it happened (RFC 3339). */
  happenedAt: string;
  /** When the system learned of it (RFC 3339). */
  recordedAt: string;
  source: EventSource;
}

/** Place of an event in one service's log: transaction id (xid8) and identity, both as decimal strings. */
export interface LogPosition {
  xid: string;
  gp: string;
}

export type EventData = Record<string, unknown>;

/** What a decision returns: not yet stored. `type` is the wire name declared in contracts. */
export interface NewEvent<T extends object = EventData> {
  type: string;
  data: T;
  /** Legal time of this event; defaults to the command's. */
  happenedAt?: string;
}

export interface StoredEvent<T extends object = EventData> {
  id: string;
  stream: string;
  /** 1..n within the stream, without gaps. */
  version: number;
  type: string;
  /** Version of the event's schema, already raised to the newest by upcasting when read. */
  eventVersion: number;
  data: T;
  meta: EventMeta;
  position: LogPosition;
}

/** One command's events for one stream. */
export interface AppendCommand {
  stream: string;
  /** Version the stream must have now (0 = must not exist). */
  expectedVersion: number;
  events: NewEvent[];
  meta: Omit<EventMeta, 'recordedAt' | 'happenedAt'> & { happenedAt: string };
  /** Same key + same fingerprint = the first answer again; other fingerprint = refused. Scope: this service's log. */
  idempotency?: { key: string; fingerprint: string };
  /**
   * Take the next number of a gapless series inside the append's own transaction and write it into
   * every event's data under `field` as `{number, year}`. An abort gives the number back.
   */
  allocate?: { series: string; year: number; field: string };
}

export type AppendVerdict =
  | { kind: 'appended'; events: StoredEvent[] }
  /** The idempotency key was seen before with the same fingerprint: the events written then. */
  | { kind: 'replayed'; events: StoredEvent[] }
  | { kind: 'conflict'; actualVersion: number }
  /** The idempotency key was used before with another fingerprint. */
  | { kind: 'key-reused' };

/**
 * State holds what decisions ask about; evolve never refuses, never changes what it is given (states are frozen and
 * shared), and does not look at an event's `position` (it is not known yet when the next decision of a batch is due).
 */
export interface StreamDefinition<S> {
  initial: S;
  evolve(state: S, event: StoredEvent): S;
}

export interface ChangeOptions {
  actor: Actor;
  /** Legal time of the act (RFC 3339). */
  happenedAt: string;
  correlationId: string;
  causationId?: string | null;
  source?: EventSource;
  idempotency?: { key: string; fingerprint: string };
  allocate?: { series: string; year: number; field: string };
  /** The stream's name was made for this change: nothing needs to be read before deciding. */
  startsStream?: boolean;
}

export interface ChangeResult<S> {
  /** State after the events. */
  state: S;
  version: number;
  /** Events written by this call, or by the first call with the same idempotency key. Empty when nothing new happened. */
  events: StoredEvent[];
  replayed: boolean;
}
