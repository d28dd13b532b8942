import { describe, expect, it } from '@jest/globals';
import { WakingLoop } from './waking-loop.js';

const AN_HOUR = 3_600_000;

/** A loop whose rounds end when the spec says so; a rest is longer than the spec. */
function heldLoop() {
  const rounds: { end: (restMs: number) => void }[] = [];
  const begun: (() => void)[] = [];
  const loop = new WakingLoop(
    () =>
      new Promise<number>((resolve) => {
        rounds.push({ end: resolve });
        begun.shift()?.();
      }),
  );
  const nextRound = (): Promise<void> => new Promise((resolve) => begun.push(resolve));
  return { loop, rounds, nextRound };
}

describe('a loop that rests until it is woken', () => {
  it('begins the next round at once when it is woken from its rest', async () => {
    const { loop, rounds, nextRound } = heldLoop();
    loop.start();
    rounds[0]!.end(AN_HOUR);
    await new Promise((resolve) => setImmediate(resolve));
    const second = nextRound();
    loop.wake();
    await second;
    expect(rounds).toHaveLength(2);
    rounds[1]!.end(AN_HOUR);
    await loop.stop();
  });

  it('does not rest after a round during which it was woken', async () => {
    const { loop, rounds, nextRound } = heldLoop();
    loop.start();
    const second = nextRound();
    loop.wake();
    rounds[0]!.end(AN_HOUR);
    await second;
    rounds[1]!.end(AN_HOUR);
    await loop.stop();
    expect(rounds).toHaveLength(2);
  });

  it('goes on without a rest where a round asks for none', async () => {
    const { loop, rounds, nextRound } = heldLoop();
    loop.start();
    const second = nextRound();
    rounds[0]!.end(0);
    await second;
    rounds[1]!.end(AN_HOUR);
    await loop.stop();
    expect(rounds).toHaveLength(2);
  });

  it('waits for the round in hand when it is stopped, and may be started again', async () => {
    const { loop, rounds, nextRound } = heldLoop();
    loop.start();
    loop.start();
    expect(rounds).toHaveLength(1);
    let stopped = false;
    const stop = loop.stop().then(() => (stopped = true));
    expect(loop.isStopping).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    rounds[0]!.end(AN_HOUR);
    await stop;
    const again = nextRound();
    loop.start();
    await again;
    expect(loop.isStopping).toBe(false);
    rounds[1]!.end(AN_HOUR);
    await loop.stop();
  });

  it('ends its rest when it is stopped', async () => {
    const { loop, rounds } = heldLoop();
    loop.start();
    rounds[0]!.end(AN_HOUR);
    await new Promise((resolve) => setImmediate(resolve));
    await loop.stop();
    expect(rounds).toHaveLength(1);
  });
});
