import { describe, expect, it } from '@jest/globals';
import { isDeadlock, type Transaction } from './engine.js';

/** Transactions that wait, each for the one named. */
function waiting(pairs: readonly (readonly [string, string | null])[]): (name: string) => Transaction {
  const all = new Map(pairs.map(([name]) => [name, { waitingFor: null } as Transaction]));
  const of = (name: string): Transaction => all.get(name) as Transaction;
  for (const [name, other] of pairs) of(name).waitingFor = other === null ? null : of(other);
  return of;
}

describe('a deadlock in the model of PostgreSQL', () => {
  it('is a circle that the waiting one closes itself', () => {
    const of = waiting([
      ['a', null],
      ['b', 'c'],
      ['c', 'a'],
    ]);
    expect(isDeadlock(of('a'), of('b'))).toBe(true);
    expect(isDeadlock(of('b'), of('c'))).toBe(false);
  });

  // Seed 1001643 of `log` never ended: who came to wait behind a circle of others followed it for ever.
  it('is not one that others have closed among themselves', () => {
    const of = waiting([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ]);
    expect(isDeadlock(of('a'), of('b'))).toBe(false);
    expect(isDeadlock(of('b'), of('c'))).toBe(true);
  });
});
