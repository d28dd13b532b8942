/** The idempotency key was used before for another request (422). */
export class IdempotencyKeyReused extends Error {
  readonly code = 'IdempotencyKeyReused';
  constructor(readonly key: string) {
    super('this idempotency key was used before for a different request');
    this.name = 'IdempotencyKeyReused';
  }
}

/** Others kept changing the stream while this change was being decided (409; trying again may succeed). */
export class StreamConflict extends Error {
  readonly code = 'StreamConflict';
  constructor(
    readonly stream: string,
    readonly expectedVersion: number,
    readonly actualVersion: number,
  ) {
    super(`stream ${stream} is at version ${actualVersion}, not ${expectedVersion}`);
    this.name = 'StreamConflict';
  }
}

/** A cursor belongs to another incarnation of the log (it was restored since): the reader must start again. */
export class LogIncarnationChanged extends Error {
  readonly code = 'LogIncarnationChanged';
  constructor(
    readonly schema: string,
    readonly expected: string,
    readonly actual: string,
  ) {
    super(`the log of ${schema} is incarnation ${actual}; the cursor was read from ${expected}`);
    this.name = 'LogIncarnationChanged';
  }
}

/** More appends are waiting than this process may hold, or one waited too long and was not begun (503). */
export class StoreOverloaded extends Error {
  readonly code = 'StoreOverloaded';
  /** Seconds after which asking again makes sense. */
  readonly retryAfterSeconds = 2;
  constructor(readonly waitingCommands: number) {
    super(`${waitingCommands} commands are waiting for the event log`);
    this.name = 'StoreOverloaded';
  }
}

/**
 * The log did not answer in time whether it wrote the events (503). Repeating the request with the same idempotency key
 * finds out; without a key it may write them a second time.
 */
export class AppendUnconfirmed extends Error {
  readonly code = 'AppendUnconfirmed';
  readonly retryAfterSeconds = 2;
  constructor() {
    super('the event log did not confirm the append in time');
    this.name = 'AppendUnconfirmed';
  }
}
