import type { Consumer, ConsumerHome, ConsumerState, MessageLog, RunningConsumer } from '@app/messaging';

/** A consumer that can be started again in its place: after its log was restored and its tables were rebuilt. */
export class RestartableConsumer implements RunningConsumer {
  private constructor(
    readonly consumer: Consumer,
    private readonly home: ConsumerHome,
    private readonly messageLog: MessageLog,
    private current: RunningConsumer,
  ) {}

  static async start(consumer: Consumer, home: ConsumerHome, messageLog: MessageLog): Promise<RestartableConsumer> {
    return new RestartableConsumer(consumer, home, messageLog, await messageLog.start(consumer, home));
  }

  get name(): string {
    return this.current.name;
  }

  get state(): ConsumerState {
    return this.current.state;
  }

  get failure(): Error | null {
    return this.current.failure;
  }

  stop(): Promise<void> {
    return this.current.stop();
  }

  settled(timeoutMs: number): Promise<boolean> {
    return this.current.settled(timeoutMs);
  }

  lag(): Promise<{ events: number; parkedStreams: number }> {
    return this.current.lag();
  }

  /** Start again if it has failed; one that runs, was stopped or was fenced by a newer instance is left alone. */
  async restart(): Promise<boolean> {
    if (this.state !== 'failed') return false;
    await this.current.stop();
    this.current = await this.messageLog.start(this.consumer, this.home);
    return true;
  }
}
