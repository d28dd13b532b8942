import type { AppendBatch, Call, Chain } from './append-batch.js';
import type { CommandResult, PreparedCommand } from './append-statement.js';
import { AppendUnconfirmed, IdempotencyKeyReused, StoreOverloaded, StreamConflict } from './errors.js';
import { fold, type Known } from './stream-states.js';
import type { AppendCommand, ChangeOptions, ChangeResult, NewEvent, StoredEvent, StreamDefinition } from './types.js';

/** What a first command with a key wrote. */
export interface KnownCommand {
  fingerprint: string;
  stream: string;
  first_version: number;
  last_version: number;
}

/** What a change needs of its store. */
export interface ChangeGround {
  attempts: number;
  state<S>(definition: StreamDefinition<S>, stream: string): Known<S> | undefined;
  keep<S>(definition: StreamDefinition<S>, stream: string, state: Known<S>): void;
  drop(stream: string): void;
  /** The state as it is now, from the log; reads on from what is known. */
  readOn<S>(definition: StreamDefinition<S>, stream: string, from: Known<S> | undefined): Promise<Known<S>>;
  load(stream: string, first: number, last: number): Promise<StoredEvent[]>;
  commandWith(key: string): Promise<KnownCommand | null>;
  prepare(command: AppendCommand): PreparedCommand;
  /** @throws StoreOverloaded */
  admit(call: Call): void;
  enqueue(call: Call): void;
  answered(call: Call): void;
  now(): Date;
  counts: ChangeCounts;
}

export interface ChangeCounts {
  /** Times that a decision was asked for. */
  decisions: number;
  /** Decisions whose outcome was thrown away, because the state had changed or what they followed on was not written. */
  decisionsWasted: number;
  /** Events sent by changes and not kept, for the same reasons. */
  rowsWasted: number;
}

interface Decided<S> {
  on: Known<S>;
  command: PreparedCommand | null;
  refusal: { error: unknown } | null;
}

/**
 * One change of a stream: decided when its batch is made, on the newest state known then, which includes what calls
 * before it in the same batch are to write. Nothing is answered on a state that the log has not confirmed: events are
 * confirmed by their expected version, a refusal or an empty decision by reading on.
 */
export class ChangeCall<S> implements Call {
  readonly bytes = 1_000;
  readonly commandCount = 1;
  isAnswered = false;
  batch: AppendBatch | null = null;
  private readonly startedAt = performance.now();
  private chain: ChangeChain<S> | null = null;
  private attempt = 0;
  private loaded: Known<S> | undefined;
  private decided: Decided<S> | null = null;
  private conflict: StreamConflict | null = null;

  constructor(
    private readonly ground: ChangeGround,
    private readonly stream: string,
    private readonly definition: StreamDefinition<S>,
    private readonly decide: (state: S, version: number) => NewEvent[],
    private readonly options: ChangeOptions,
    readonly deadline: number,
    private readonly resolve: (result: ChangeResult<S>) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    // A new stream's state needs no reading; should the stream exist, the append or the check of a refusal tells.
    if (options.startsStream) this.loaded = { state: definition.initial, version: 0, seenAt: -1 };
  }

  /**
   * Begin: at once when the state is known, else after reading it.
   * @throws StoreOverloaded
   */
  begin(): void {
    this.ground.admit(this);
    if (this.newest()) this.ground.enqueue(this);
    else void this.reload(undefined);
  }

  plan(batch: AppendBatch): readonly PreparedCommand[] | 'later' | 'full' | 'left' {
    const { stream, options, definition } = this;
    const chain = batch.chainOf(stream);
    if (chain === null || (chain && chain.definition !== definition)) return 'later';
    if (batch.isTaken(stream, options.idempotency?.key, options.allocate?.series)) return 'later';
    const base = chain ? (chain.planned() as Known<S>) : this.newest();
    if (!base) {
      void this.reload(undefined);
      return 'left';
    }
    const decided = this.decidedOn(base);
    const { command } = decided;
    if (!command) {
      if (chain) {
        batch.followers.push({
          chain,
          // What it was decided on is written and was the newest then: as good as having read it.
          answer: () => void this.conclude(decided, true),
          again: () => this.decideAgain(),
        });
      } else {
        void this.conclude(decided, base.seenAt >= this.startedAt);
      }
      return 'left';
    }
    if (!batch.hasRoomFor([command])) return 'full';
    this.chain = (chain as ChangeChain<S> | undefined) ?? new ChangeChain(definition, base, this.ground.now());
    this.chain.add(command);
    // A number that the append itself allocates is part of the state: who comes next waits for it.
    batch.add(this, [command], this.chain, command.allocate !== undefined);
    return [command];
  }

  meets(batch: AppendBatch): boolean {
    return batch.touches(this.stream, this.options.idempotency?.key, this.options.allocate?.series);
  }

  settle([result]: readonly CommandResult[], sentAt: number): void {
    const { ground, definition, stream } = this;
    const { on, command } = this.decided as Decided<S>;
    switch (result?.kind) {
      case 'appended': {
        const base = this.chain?.written.version === on.version ? this.chain.written : on;
        const state: Known<S> = {
          state: fold(definition, base.state, result.events),
          version: on.version + result.events.length,
          seenAt: sentAt,
        };
        if (this.chain) this.chain.written = state;
        ground.keep(definition, stream, state);
        this.answer(() =>
          this.resolve({ state: state.state, version: state.version, events: result.events, replayed: false }),
        );
        return;
      }
      case 'replayed': {
        if (this.chain) this.chain.isBroken = true;
        const { stream: first, first: from, last } = result;
        void this.firstAnswer({
          fingerprint: (this.options.idempotency as { fingerprint: string }).fingerprint,
          stream: first,
          first_version: from,
          last_version: last,
        });
        return;
      }
      case 'key-reused':
        if (this.chain) this.chain.isBroken = true;
        this.fail(new IdempotencyKeyReused(this.options.idempotency?.key as string));
        return;
      case 'conflict':
        if (this.chain) this.chain.isBroken = true;
        this.conflict = new StreamConflict(stream, on.version, result.actualVersion);
        this.waste(command);
        ground.drop(stream);
        // What it was decided on may be a state that was never written; what its chain holds was.
        this.again(this.chain?.written ?? on);
        return;
      default:
        this.fail(new Error(`append gave no verdict for ${stream}`));
    }
  }

  fail(error: unknown): void {
    this.answer(() => this.reject(error));
  }

  decideAgain(): void {
    this.waste(null);
    this.loaded = undefined;
    this.resubmit();
  }

  expire(wasSent: boolean): void {
    this.fail(this.conflict ?? (wasSent ? new AppendUnconfirmed() : new StoreOverloaded(1)));
  }

  private newest(): Known<S> | undefined {
    const kept = this.ground.state(this.definition, this.stream);
    if (!kept || !this.loaded) return kept ?? this.loaded;
    return kept.version >= this.loaded.version ? kept : this.loaded;
  }

  private decidedOn(base: Known<S>): Decided<S> {
    // It may have been decided for the batch before, where it had no room.
    if (this.decided && this.decided.on.state === base.state && this.decided.on.version === base.version) {
      return this.decided;
    }
    if (this.decided) this.waste(null);
    this.ground.counts.decisions += 1;
    this.decided = { on: base, command: null, refusal: null };
    try {
      const events = this.decide(base.state, base.version);
      if (events.length > 0 || this.options.idempotency) {
        this.decided.command = this.ground.prepare(commandOf(this.stream, base.version, events, this.options));
      }
    } catch (error) {
      this.decided.refusal = { error };
    }
    return this.decided;
  }

  /** Answer a refusal, or that there was nothing to do, once it is sure that it was decided on the newest state. */
  private async conclude(decided: Decided<S>, isFresh: boolean): Promise<void> {
    const { ground, definition, stream, options } = this;
    try {
      const [newest, known] = await Promise.all([
        isFresh ? decided.on : ground.readOn(definition, stream, decided.on),
        options.idempotency ? ground.commandWith(options.idempotency.key) : null,
      ]);
      if (known) return await this.firstAnswer(known);
      if (newest.version > decided.on.version) {
        this.waste(null);
        this.loaded = newest;
        if (this.mayTryAgain()) this.resubmit();
        return;
      }
      if (decided.refusal) this.fail(decided.refusal.error);
      else {
        const { state, version } = decided.on;
        this.answer(() => this.resolve({ state, version, events: [], replayed: false }));
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Read on and decide again, a bounded number of times. */
  private again(from: Known<S>): void {
    if (!this.mayTryAgain()) return;
    this.loaded = undefined;
    // Linear and without chance: the first retries cost nothing, later ones let a busy stream's queue drain.
    const pause = this.attempt > 1 ? Math.min(2 * this.attempt, 25) : 0;
    if (pause === 0) void this.reload(from);
    else setTimeout(() => void this.reload(from), pause);
  }

  /** One more attempt; fails the call when there were enough. */
  private mayTryAgain(): boolean {
    this.attempt += 1;
    if (this.attempt < this.ground.attempts) return true;
    this.fail(this.conflict ?? new StreamConflict(this.stream, 0, 0));
    return false;
  }

  private async reload(from: Known<S> | undefined): Promise<void> {
    try {
      this.loaded = await this.ground.readOn(this.definition, this.stream, from);
      this.resubmit();
    } catch (error) {
      this.fail(error);
    }
  }

  private resubmit(): void {
    if (!this.isAnswered) this.ground.enqueue(this);
  }

  private async firstAnswer(known: KnownCommand): Promise<void> {
    try {
      const { key, fingerprint } = this.options.idempotency as { key: string; fingerprint: string };
      if (known.fingerprint !== fingerprint) throw new IdempotencyKeyReused(key);
      const past = await this.ground.load(known.stream, 1, known.last_version);
      const state = fold(this.definition, this.definition.initial, past);
      this.answer(() =>
        this.resolve({ state, version: past.length, events: past.slice(known.first_version - 1), replayed: true }),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  private waste(command: PreparedCommand | null): void {
    this.decided = null;
    this.ground.counts.decisionsWasted += 1;
    this.ground.counts.rowsWasted += command?.events.length ?? 0;
  }

  private answer(say: () => void): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.ground.answered(this);
    say();
  }
}

class ChangeChain<S> implements Chain {
  isBroken = false;
  written: Known<S>;
  private ahead: Known<S>;
  private last: PreparedCommand | null = null;

  constructor(
    readonly definition: StreamDefinition<S>,
    base: Known<S>,
    private readonly at: Date,
  ) {
    this.written = base;
    this.ahead = base;
  }

  add(command: PreparedCommand): void {
    this.planned();
    this.last = command;
  }

  /** Folded only when somebody follows. The events have no place yet: a state must not depend on theirs. */
  planned(): Known<S> {
    const { last, ahead, definition } = this;
    if (last) {
      const events = last.events.map((event, index): StoredEvent => {
        const { id, type, eventVersion, data, meta } = event;
        const version = last.expectedVersion + index + 1;
        const position = { xid: '0', gp: '0' };
        const recordedAt = this.at.toISOString();
        return { id, stream: last.stream, version, type, eventVersion, data, meta: { ...meta, recordedAt }, position };
      });
      const version = ahead.version + events.length;
      this.ahead = { state: fold(definition, ahead.state, events), version, seenAt: ahead.seenAt };
      this.last = null;
    }
    return this.ahead;
  }
}

function commandOf(stream: string, version: number, events: NewEvent[], options: ChangeOptions): AppendCommand {
  return {
    stream,
    expectedVersion: version,
    events,
    meta: {
      actor: options.actor,
      correlationId: options.correlationId,
      causationId: options.causationId ?? null,
      happenedAt: options.happenedAt,
      source: options.source ?? 'ui',
    },
    ...(options.idempotency ? { idempotency: options.idempotency } : {}),
    // A number is taken only for events that carry it: deciding that nothing happened leaves the series alone.
    ...(options.allocate && events.length > 0 ? { allocate: options.allocate } : {}),
  };
}
