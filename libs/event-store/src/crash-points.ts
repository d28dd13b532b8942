/**
 * Places where a crash would be worst: between an effect and the note that it happened. The fault suite kills a process
 * exactly there (test/faults); in every other run nobody listens and a place costs one comparison.
 */
export type CrashPoint =
  /** The relay has read a page and sent nothing of it. */
  | 'relay:after-read'
  /** The brokers have acknowledged the page, the relay's checkpoint does not say so yet. */
  | 'relay:after-produce'
  /** The relay's checkpoint is written. */
  | 'relay:after-checkpoint'
  /** A consumer's transaction is open, its handler has not run. */
  | 'delivery:before-handle'
  /** The handler has run, the checkpoint has not moved. */
  | 'delivery:after-handle'
  /** The checkpoint has moved, the transaction is not committed. */
  | 'delivery:after-checkpoint'
  /** Effects and checkpoint are committed, the consumer does not know it yet. */
  | 'delivery:after-commit'
  /** Events are committed, whoever asked for them has no answer. */
  | 'append:after-commit';

let listener: ((point: CrashPoint) => void) | null = null;

/** This process has come to a place; whoever listens may end it here. */
export function reach(point: CrashPoint): void {
  if (listener !== null) listener(point);
}

/** Be told of every place that this process comes to; null = nobody listens. Loaded by fault runs alone. */
export function onCrashPoint(told: ((point: CrashPoint) => void) | null): void {
  listener = told;
}
