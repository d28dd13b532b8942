/** A newer instance of this consumer has taken the source over; this one must stop. */
export class ConsumerFenced extends Error {
  readonly code = 'ConsumerFenced';
  constructor(
    consumer: string,
    /** The source that was taken over. */
    readonly source: string,
  ) {
    super(`consumer ${consumer} lost ${source} to a newer instance`);
    this.name = 'ConsumerFenced';
  }
}

/** What work in hand ends with when its consumer is told to stop. */
export function consumerStopped(consumer: string): Error {
  return Object.assign(new Error(`consumer ${consumer} was stopped`), { code: 'ConsumerStopped' });
}
