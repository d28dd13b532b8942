import { describe, expect, it } from '@jest/globals';
import { answerText } from './tip-act.js';

describe('the text of an answer', () => {
  const acts = [{ act: 'accept', allowed: false, refusal: { vi: 'Chưa "tiếp nhận"', en: 'Not yet', cites: ['145'] } }];

  it('is what JSON says of it, also when its acts were written before', () => {
    for (const content of ['Trộm xe máy\n"đêm"', '}', null]) {
      const answer = { id: 'a', version: 1, term: { due: '2026-01-25' }, left: undefined, content, acts };
      expect(answerText(answer).toString('utf8')).toBe(JSON.stringify(answer));
    }
  });

  it('is right for an answer without a list of acts', () => {
    const answer = { id: 'a', version: 1 };
    expect(JSON.parse(answerText(answer).toString('utf8'))).toEqual(answer);
  });
});
