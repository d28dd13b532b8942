import { describe, expect, it } from '@jest/globals';
import { UnitSnapshot } from '@app/security';
import { KeptGroups } from './kept-groups.js';

const versions = { areas: {}, generation: 1 };
const kept = { version: '1.1', found: 'figures' };

describe('groups that are kept', () => {
  it('are those of one scope, one question and one tree', () => {
    const groups = new KeptGroups();
    const tree = new UnitSnapshot([]);
    groups.within(['*'], versions).of(tree, 'a year').set('PC-80', kept);
    expect(groups.within(['*'], versions).of(tree, 'a year').get('PC-80')).toBe(kept);
    expect(groups.within(['PC-80'], versions).of(tree, 'a year').size).toBe(0);
    expect(groups.within(['*'], versions).of(tree, 'a month').size).toBe(0);
    expect(groups.within(['*'], versions).of(new UnitSnapshot([]), 'a year').size).toBe(0);
  });

  it('are forgotten when so many others were asked for since', () => {
    const groups = new KeptGroups(2);
    const tree = new UnitSnapshot([]);
    const ask = (question: string) => groups.within(['*'], versions).of(tree, question);
    ask('first').set('PC-80', kept);
    ask('second').set('PC-80', kept);
    expect(ask('first').size).toBe(1);
    ask('third');
    expect(ask('first').size).toBe(1);
    expect(ask('second').size).toBe(0);
  });
});
