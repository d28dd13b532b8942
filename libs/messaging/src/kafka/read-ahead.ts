import type { LogPosition } from '@app/event-store';
import type { Message } from 'kafkajs';

/** One record on its way to a partition. */
export interface Outgoing {
  topic: string;
  partition: number;
  message: Message;
}

/** Records to be sent together, and where the log has been read to once they are. */
export interface Sendable {
  /** Empty when nothing of what was read leaves the service. */
  records: Outgoing[];
  bytes: number;
  next: LogPosition;
  incarnation: string;
}

/**
 * What a relay has read and not sent yet: one side reads and encodes while the other waits for the brokers. Ends once,
 * for both sides.
 */
export class ReadAhead {
  ended = false;
  private readonly waiting: Sendable[] = [];
  private bytes = 0;
  private readonly wakers = new Set<() => void>();

  /** @param maxBytes reading pauses while this much waits */
  constructor(private readonly maxBytes: number) {}

  get isFull(): boolean {
    return this.bytes >= this.maxBytes;
  }

  put(some: readonly Sendable[]): void {
    this.waiting.push(...some);
    this.bytes += some.reduce((sum, { bytes }) => sum + bytes, 0);
    this.changed();
  }

  /** The oldest that waits, joined with what fits behind it; null when nothing waits. */
  take(maxBytes: number): Sendable | null {
    const first = this.waiting.shift();
    if (!first) return null;
    const joined = { ...first };
    for (;;) {
      const next = this.waiting[0];
      if (!next || joined.bytes + next.bytes > maxBytes) break;
      this.waiting.shift();
      joined.records = joined.records.concat(next.records);
      joined.bytes += next.bytes;
      joined.next = next.next;
    }
    this.bytes -= joined.bytes;
    this.changed();
    return joined;
  }

  end(): void {
    this.ended = true;
    this.changed();
  }

  /** Resolves at the next `put`, `take` or `end`. */
  async change(): Promise<void> {
    if (this.ended) return;
    await new Promise<void>((resolve) => this.wakers.add(resolve));
  }

  private changed(): void {
    const woken = [...this.wakers];
    this.wakers.clear();
    for (const wake of woken) wake();
  }
}
