/**
 * Work that a process does round after round, with a rest between that ends early when somebody wakes it. A call that
 * comes during a round is not lost: the next round then begins without a rest.
 */
export class WakingLoop {
  private running: Promise<void> | null = null;
  private stopping = false;
  private woken = false;
  private endRest: (() => void) | null = null;

  /**
   * @param round one round, which answers for its own failures: it gives how long to rest after it, in milliseconds,
   * and never rejects
   */
  constructor(private readonly round: () => Promise<number>) {}

  /** Whether a round in hand should come to its end. */
  get isStopping(): boolean {
    return this.stopping;
  }

  /** Begins; does nothing while it runs. */
  start(): void {
    if (this.running) return;
    this.stopping = false;
    this.running = this.loop();
  }

  /** Ends the rest, or waits for the round in hand. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endRest?.();
    await this.running;
    this.running = null;
  }

  /** There is something to do: begin a round at once, or another one after that in hand. */
  wake(): void {
    this.woken = true;
    this.endRest?.();
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      const restMs = await this.round();
      if (restMs > 0 && !this.stopping && !this.woken) await this.rest(restMs);
    }
  }

  private async rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endRest = null;
  }
}
