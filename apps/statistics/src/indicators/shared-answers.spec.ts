import { beforeEach, describe, expect, it } from '@jest/globals';
import { SharedAnswers } from './shared-answers.js';
import type { Computed } from './shared-answers.js';

/** Facts that a test changes, and computations that end when it says so. */
let committed: number;
let now: number;
let begun: number;
let waiting: { end: () => void; fail: (error: Error) => void }[];
let versionReads: number;
let readFails: boolean;
let answers: SharedAnswers<number>;

beforeEach(() => {
  committed = 1;
  now = 1_000;
  begun = 0;
  waiting = [];
  versionReads = 0;
  readFails = false;
  answers = new SharedAnswers({
    readVersions: async () => {
      versionReads += 1;
      const seen = committed;
      await Promise.resolve();
      if (readFails) throw new Error('no database');
      return seen;
    },
    nowMs: () => now,
    most: 2,
  });
});

/** Sees what is committed when it begins, as a snapshot does. */
function compute(): Promise<Computed<number, number>> {
  begun += 1;
  const computed = { versions: committed, asOfMs: now, answer: committed };
  return new Promise((resolve, reject) => waiting.push({ end: () => resolve(computed), fail: reject }));
}
const ask = (key = 'a'): Promise<number> => answers.get(key, String, compute);
/** Until every caller waits for a computation. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};
const end = (): void => waiting.splice(0).forEach((one) => one.end());

describe('answers that callers share', () => {
  it('are given again while nothing has changed', async () => {
    const first = ask();
    await turns();
    end();
    expect(await first).toBe(1);
    expect(await ask()).toBe(1);
    expect(begun).toBe(1);
  });

  it('are computed anew after a change, and when their moment is over', async () => {
    const answerOf = async (): Promise<number> => {
      const answer = ask();
      await turns();
      end();
      return answer;
    };
    await answerOf();
    committed = 2;
    expect(await answerOf()).toBe(2);
    now += 999;
    await answerOf();
    expect(begun).toBe(2);
    now += 1;
    await answerOf();
    expect(begun).toBe(3);
    now -= 5_000;
    await answerOf();
    expect(begun).toBe(4);
  });

  it('are computed once for all who ask while they are computed', async () => {
    const all = Promise.all(Array.from({ length: 20 }, () => ask()));
    await turns();
    end();
    expect(await all).toEqual(Array.from({ length: 20 }, () => 1));
    expect(begun).toBe(1);
    expect(versionReads).toBeLessThanOrEqual(2);
  });

  it('hold what was committed before each caller asked: those who come during a computation share one further one', async () => {
    const early = ask();
    await turns();
    committed = 2;
    const late = Promise.all([ask(), ask(), ask()]);
    await turns();
    expect(begun).toBe(1);
    end();
    await turns();
    expect(begun).toBe(2);
    end();
    expect(await early).toBe(1);
    expect(await late).toEqual([2, 2, 2]);
    expect(begun).toBe(2);
  });

  it('are apart for other questions, and only those asked for last are kept', async () => {
    for (const key of ['a', 'b', 'c', 'a']) {
      const answer = ask(key);
      await turns();
      end();
      await answer;
    }
    expect(begun).toBe(4);
  });

  it('do not fail for a caller whose own computation has not failed', async () => {
    const early = ask();
    await turns();
    const late = ask();
    await turns();
    waiting.splice(0).forEach(({ fail }) => fail(new Error('broken')));
    await expect(early).rejects.toThrow('broken');
    await turns();
    end();
    expect(await late).toBe(1);
  });

  it('are forgotten when the version cannot be read', async () => {
    const first = ask();
    await turns();
    end();
    await first;
    readFails = true;
    await expect(ask()).rejects.toThrow('no database');
    readFails = false;
    const again = ask();
    await turns();
    end();
    await again;
    expect(begun).toBe(2);
  });
});
