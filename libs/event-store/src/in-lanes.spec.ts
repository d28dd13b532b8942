import { describe, expect, it } from '@jest/globals';
import { inLanes } from './in-lanes.js';

/** A piece of work that ends when it is told to. */
function held() {
  const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const work = (item: number): Promise<void> =>
    new Promise((resolve, reject) => {
      ends.set(item, { resolve, reject });
    });
  return { ends, work };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('work in lanes', () => {
  it('has as many under way as there are lanes, in their order', async () => {
    const { ends, work } = held();
    const all = inLanes([1, 2, 3], 2, work);
    expect([...ends.keys()]).toEqual([1, 2]);
    ends.get(2)!.resolve();
    await settle();
    expect([...ends.keys()]).toEqual([1, 2, 3]);
    ends.get(1)!.resolve();
    ends.get(3)!.resolve();
    await all;
  });

  it('begins nothing after a failure, and ends when what is under way has ended', async () => {
    const { ends, work } = held();
    let ended = false;
    const all = inLanes([1, 2, 3], 2, work).finally(() => {
      ended = true;
    });
    const failed = expect(all).rejects.toThrow('the first');
    ends.get(1)!.reject(new Error('the first'));
    await settle();
    expect(ended).toBe(false);
    ends.get(2)!.reject(new Error('the second'));
    await failed;
    expect([...ends.keys()]).toEqual([1, 2]);
  });

  it('ends at once where there is nothing', async () => {
    await expect(inLanes([], 2, () => Promise.reject(new Error('of what?')))).resolves.toBeUndefined();
  });
});
