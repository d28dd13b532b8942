import type { AppendBatch, Call } from './append-batch.js';
import type { CommandResult, PreparedCommand } from './append-statement.js';
import { AppendUnconfirmed, StoreOverloaded } from './errors.js';
import type { AppendVerdict, StoredEvent } from './types.js';

export interface AppendCallOptions {
  commands: readonly PreparedCommand[];
  deadline: number;
  load: (stream: string, first: number, last: number) => Promise<StoredEvent[]>;
  /** Told of every stream that was written to. */
  written: (stream: string) => void;
  answered: (call: AppendCall) => void;
  resolve: (verdicts: AppendVerdict[]) => void;
  reject: (error: unknown) => void;
}

/** Commands with versions of their caller's own: written or refused as they are. */
export class AppendCall implements Call {
  readonly deadline: number;
  readonly bytes: number;
  readonly commandCount: number;
  isAnswered = false;

  constructor(private readonly options: AppendCallOptions) {
    this.deadline = options.deadline;
    this.commandCount = options.commands.length;
    this.bytes = options.commands.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  plan(batch: AppendBatch): readonly PreparedCommand[] | 'later' | 'full' {
    const { commands } = this.options;
    for (const { stream, idempotency, allocate } of commands) {
      // A verdict is about the log, not about neighbours: no two calls judge one stream in the same statement.
      if (batch.chainOf(stream) !== undefined) return 'later';
      if (batch.isTaken({ stream, key: idempotency?.key, series: allocate?.series })) return 'later';
    }
    if (!batch.hasRoomFor(commands)) return 'full';
    batch.add(this, commands, null, true);
    return commands;
  }

  settle(results: readonly CommandResult[]): void {
    results.forEach(({ kind }, index) => {
      if (kind === 'appended') this.options.written((this.options.commands[index] as PreparedCommand).stream);
    });
    if (results.every(({ kind }) => kind !== 'replayed')) {
      this.answer(() => this.options.resolve(results as AppendVerdict[]));
      return;
    }
    verdictsOf(results, this.options.load).then(
      (verdicts) => this.answer(() => this.options.resolve(verdicts)),
      (error: unknown) => this.fail(error),
    );
  }

  fail(error: unknown): void {
    this.answer(() => this.options.reject(error));
  }

  decideAgain(): void {
    throw new Error('commands with versions of their own follow on nothing');
  }

  expire(wasSent: boolean): void {
    this.fail(wasSent ? new AppendUnconfirmed() : new StoreOverloaded(this.commandCount));
  }

  private answer(say: () => void): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    this.options.answered(this);
    say();
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
