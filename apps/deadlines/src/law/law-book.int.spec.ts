import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LATEST_CALENDAR, scheduleOf } from '@app/legal-time-limits';
import type { Caller } from '@app/http';
import { calendarAuthor } from '../calendar/calendar-draft.js';
import { deadlinesHarness, type Harness } from '../testing/harness.js';
import { LawBook } from './law-book.js';
import { publishLaw } from './publish-law.js';

const operator: Caller = { id: 'quantri', name: '', roles: ['operator'], units: ['*'], role: 'operator', unit: '*' };

describe('the law that deadlines reads of its own log', () => {
  let harness: Harness;
  const publishing = new LawBook();

  /** One calendar more. */
  async function publish(): Promise<void> {
    const { number } = await publishing.newest(harness.pool);
    const author = calendarAuthor({
      schedule: scheduleOf(LATEST_CALENDAR, 2026),
      document: { number: 'CV 1', signedOn: '2026-03-01' },
      announcedOn: '2026-03-01',
      correctsPast: false,
    });
    await publishLaw(harness.pool, harness.store, publishing, new Date(`2026-03-0${number + 1}T08:00:00+07:00`), {
      caller: operator,
      correlationId: 'drill',
      idempotency: undefined,
      basedOn: number,
      publicationAfter: (last, publishedAt) => author.publicationAfter(last, publishedAt),
    });
  }

  beforeAll(async () => {
    harness = await deadlinesHarness();
  });
  afterAll(() => harness?.drop());

  it('holds each publication once, however many ask for it at the same time', async () => {
    const book = new LawBook();
    const askedAtOnce = async (): Promise<number[][]> =>
      (await Promise.all(Array.from({ length: 12 }, () => book.history(harness.pool)))).map((history) =>
        history.map(({ number }) => number),
      );
    await publish();
    await publish();
    expect(await askedAtOnce()).toEqual(Array.from({ length: 12 }, () => [0, 1, 2]));
    await publish();
    await publish();
    expect(await askedAtOnce()).toEqual(Array.from({ length: 12 }, () => [0, 1, 2, 3, 4]));
  });
});
