import type { AppendBatch, Call } from './append-batch.js';
import type { CommandResult, PreparedCommand } from './append-statement.js';
import { AppendUnconfirmed, StoreOverloaded } from './errors.js';
import type { AppendVerdict, StoredEvent } from './types.js';

/** What an append needs of its store. */
export interface AppendGround {
  load(stream: string, first: number, last: number): Promise<StoredEvent[]>;
  /** Forget what is known of a stream that was written to. */
  drop(stream: string): void;
  answered(call: Call): void;
}

/** Commands with versions of their caller's own: written or refused as they are. */
export class AppendCall implements Call {
  readonly bytes: number;
  readonly commandCount: number;
  isAnswered = false;
  batch: AppendBatch | null = null;

  constructor(
    private readonly ground: AppendGround,
    private readonly commands: readonly PreparedCommand[],
    readonly deadline: number,
    private readonly resolve: (verdicts: AppendVerdict[]) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.commandCount = commands.length;
    let bytes = 0;
    for (const command of commands) bytes += command.bytes;
    this.bytes = bytes;
  }

  plan(batch: AppendBatch): readonly PreparedCommand[] | 'later' | 'full' {
    const { commands } = this;
    for (const { stream, idempotency, allocate } of commands) {
      // A verdict is about the log, not about neighbours: no two calls judge one stream in the same statement.
      if (batch.chainOf(stream) !== undefined) return 'later';
      if (batch.isTaken(stream, idempotency?.key, allocate?.series)) return 'later';
    }
    if (!batch.hasRoomFor(commands)) return 'full';
    batch.add(this, commands, null, true);
    return commands;
  }

  meets(batch: AppendBatch): boolean {
    return this.commands.some(({ stream, idempotency, allocate }) =>
      batch.touches(stream, idempotency?.key, allocate?.series),
    );
  }

  settle(results: readonly CommandResult[]): void {
    let isReplay = false;
    for (let index = 0; index < results.length; index += 1) {
      const { kind } = results[index] as CommandResult;
      if (kind === 'appended') this.ground.drop((this.commands[index] as PreparedCommand).stream);
      else if (kind === 'replayed') isReplay = true;
    }
    if (!isReplay) {
      if (this.leave()) this.resolve(results as AppendVerdict[]);
      return;
    }
    verdictsOf(results, (stream, first, last) => this.ground.load(stream, first, last)).then(
      (verdicts) => {
        if (this.leave()) this.resolve(verdicts);
      },
      (error: unknown) => this.fail(error),
    );
  }

  fail(error: unknown): void {
    if (this.leave()) this.reject(error);
  }

  decideAgain(): void {
    throw new Error('commands with versions of their own follow on nothing');
  }

  expire(wasSent: boolean): void {
    this.fail(wasSent ? new AppendUnconfirmed() : new StoreOverloaded(this.commandCount));
  }

  /** @returns whether the caller is still to be answered */
  private leave(): boolean {
    if (this.isAnswered) return false;
    this.isAnswered = true;
    this.ground.answered(this);
    return true;
  }
}

/** Verdicts as callers know them: a replay names the events written then. */
export function verdictsOf(
  results: readonly CommandResult[],
  load: (stream: string, first: number, last: number) => Promise<StoredEvent[]>,
): Promise<AppendVerdict[]> {
  return Promise.all(
    results.map(async (result): Promise<AppendVerdict> =>
      result.kind === 'replayed'
        ? { kind: 'replayed', events: await load(result.stream, result.first, result.last) }
        : result,
    ),
  );
}
