import { concerns, interests, logOf } from '../log/checks.js';
import { HOME, LOG } from '../log/register.js';
import { writtenTo } from '../postgres/engine.js';
import { Violation, type World } from '../world.js';

/** How long every event took from its commit to its effect, reader by reader. */
export class Delays {
  private readonly committedAt = new Map<string, number>();
  private readonly seenAt = new Map<string, number>();

  constructor(private readonly world: World) {
    const { db, scheduler } = world;
    const { onCommit } = db;
    db.onCommit = (tx) => {
      onCommit(tx);
      for (const { id } of writtenTo(tx, `${LOG}.events`)) this.committedAt.set(id as string, scheduler.now);
      for (const { consumer, id } of writtenTo(tx, `${HOME}.seen`)) {
        const key = `${String(consumer)} ${String(id)}`;
        if (!this.seenAt.has(key)) this.seenAt.set(key, scheduler.now);
      }
    };
  }

  /** @throws Violation when an event took longer, in virtual ms */
  check(mostMs: number): void {
    for (const event of logOf(this.world)) {
      for (const consumer of Object.keys(interests)) {
        if (!concerns(consumer, event)) continue;
        const committedAt = this.committedAt.get(event.id) as number;
        const tookMs = (this.seenAt.get(`${consumer} ${event.id}`) as number) - committedAt;
        if (tookMs <= mostMs) continue;
        const what = `${event.stream} ${event.version} came to ${consumer} after ${Math.round(tookMs)} ms`;
        throw new Violation('liveness', `${what}, and nothing was wrong`);
      }
    }
  }
}
