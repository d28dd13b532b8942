import { describe, expect, it } from '@jest/globals';
import { calculateLimit, CRIME_CLASSES, obligationsOf, RULES, type LimitAnswer, type LimitInput } from './index.js';

const vi = ({ why }: Pick<LimitAnswer, 'why'>): string[] => why.map((step) => step.vi);
const en = ({ why }: Pick<LimitAnswer, 'why'>): string[] => why.map((step) => step.en);

describe('the reason of a limit', () => {
  it('reads, for 20 days from 05/01/2026, as a lawyer would say it', () => {
    const answer = calculateLimit({ rule: 'CPC-147-1', start: '2026-01-05' });
    expect(vi(answer).slice(0, 3)).toEqual([
      'Kể từ ngày nhận được 05/01/2026, ngày đầu không tính (BLDS 147).',
      'Thời hạn 20 ngày, hết vào Chủ nhật 25/01/2026 (BLTTHS 147.1).',
      'Chủ nhật 25/01/2026 là ngày nghỉ (Chủ nhật); câu lùi sang ngày làm việc nằm ở đoạn về thời hạn theo tháng, nên hạn theo ngày không lùi (BLTTHS 134.1).',
    ]);
    expect(vi(answer).at(-1)).toBe(
      'Vì vậy: an toàn đến hết 24/01/2026, hạn đến hết 25/01/2026, muộn nhất còn lập luận được đến hết 26/01/2026.',
    );
    expect(en(answer).at(-1)).toBe(
      'So: safe by 24 January 2026, due by the end of 25 January 2026, latest arguable 26 January 2026.',
    );
    expect(en(answer).filter((step) => step.startsWith('Open'))).toHaveLength(2);
  });

  it('names prolongation, extension, the roll and the last day to request', () => {
    const answer = calculateLimit({ rule: 'CPC-147-1', start: '2025-01-10', prolonged: true, extensions: 1 });
    const text = en(answer).join('\n');
    expect(text).toContain('to at most 2 months in total from receipt, ending on Monday 10 March 2025');
    expect(text).toContain('from the nominal end of the term before, ending on Saturday 10 May 2025');
    expect(text).toContain('the first working day after it is the last day, Monday 12 May 2025');
    expect(text).toContain('A request for extension must be sent by 5 March 2025 (5 days before the nominal end)');
    expect(text).toContain('Open (c-3)');
    expect(text).toContain('Open (c-4)');
    expect(answer.terms.map(({ rule, due }) => [rule, due])).toEqual([
      ['CPC-147-1', '2025-01-30'],
      ['CPC-147-2A', '2025-03-10'],
      ['CPC-147-2B', '2025-05-12'],
    ]);
  });

  it('names a swapped Saturday, and the days left out of working days', () => {
    expect(en(calculateLimit({ rule: 'CPC-147-1', start: '2026-08-02' })).join()).toContain(
      'Saturday 22 August 2026 is a swapped working Saturday: the term does not move.',
    );
    const notice = en(calculateLimit({ rule: 'TTLT17-14-1', start: '2024-04-25' })).join();
    expect(notice).toContain('29 April 2024 (swapped day off, Victory Day)');
  });

  it('says what a printed day does', () => {
    const [clock] = obligationsOf({
      matter: 'crime-tip',
      facts: [
        { type: 'CrimeTipReceived', at: '2026-01-05T08:00:00+07:00', noticesTracked: false },
        { type: 'CrimeTipAccepted', at: '2026-01-05T08:00:00+07:00' },
        { type: 'VerificationProlonged', at: '2026-01-20T08:00:00+07:00', to: '2026-02-28' },
      ],
    }).filter(({ rule }) => rule === 'CPC-147-1');
    const text = clock!.why.map((step) => step.en).join('\n');
    expect(text).toContain('prints 28 February 2026 as its last day: the printed date applies');
    expect(text).toContain('the printed day stays due, the next working day 2 March 2026 is still arguable');
  });

  it('is in both languages, with an article in every step, for every rule, and ends in the three dates', () => {
    for (const { id, kind, limit, limitByClass, limitByReturner } of RULES) {
      if (kind !== 'term' && kind !== 'before_end' && kind !== 'custody') continue;
      for (const name of limitByClass ? CRIME_CLASSES : [undefined]) {
        const input: LimitInput = {
          rule: id,
          start: limit?.unit === 'h' ? '2026-02-13T16:40:00+07:00' : '2026-02-13',
          ...(name ? { class: name } : {}),
          ...(limitByReturner ? { returner: 'court' as const } : {}),
          ...(kind === 'custody' ? { months: 3, heldDays: 2 } : {}),
          juvenile: true,
        };
        const { why } = calculateLimit(input);
        for (const step of why) {
          expect(step.vi).toMatch(/[.?]$/);
          expect(step.en).toMatch(/[.?]$/);
          expect(step.cite).not.toBe('');
          expect(`${step.vi}${step.en}`).not.toMatch(/undefined|null|NaN/);
        }
        expect(why.at(-1)!.vi).toMatch(/^Vì vậy: an toàn đến/);
        expect(why.at(-1)!.en).toMatch(/^So: safe by/);
      }
    }
  });
});
