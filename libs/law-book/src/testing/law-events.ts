import { randomUUID } from 'node:crypto';
import { type CalendarVersionPublished, TOPIC_NAMES } from '@app/contracts';
import { LATEST_CALENDAR, scheduleOf } from '@app/legal-time-limits';
import type { DeliveredEvent } from '@app/messaging';
import { LAW_STREAM } from '../law-of-events.js';

/** What a calendar with one more day off in 2026 is published as. */
export function calendarPublished(lawNumber: number, dayOff: string, publishedAt: string): CalendarVersionPublished {
  const { offDays, workingSaturdays } = scheduleOf(LATEST_CALENDAR, 2026);
  const listed = offDays.map(({ day, kind, name }) => ({ day, kind, vi: name.vi, en: name.en }));
  return {
    lawNumber,
    calendarVersion: `2026-03-01.${lawNumber}`,
    year: 2026,
    offDays: [...listed, { day: dayOff, kind: 'holiday', vi: 'Quốc tang', en: 'National mourning' }],
    workingSaturdays: workingSaturdays.map(({ day, insteadOf }) => ({ day, insteadOf })),
    document: { number: `CV ${lawNumber}`, signedOn: '2026-03-01' },
    announcedOn: '2026-03-01',
    reason: 'Một lý do đủ dài',
    confirmedMoves: 0,
    publishedAt,
  };
}

/** The publication as a carrier delivers it. */
export function delivered(data: CalendarVersionPublished): DeliveredEvent {
  return {
    id: randomUUID(),
    stream: LAW_STREAM,
    version: data.lawNumber,
    type: 'CalendarVersionPublished',
    eventVersion: 1,
    data: { ...data },
    meta: {
      actor: { id: 'quantri', role: 'operator', unit: '*' },
      correlationId: LAW_STREAM,
      causationId: null,
      happenedAt: data.publishedAt,
      recordedAt: data.publishedAt,
      source: 'ui',
    },
    position: { xid: '1', gp: String(data.lawNumber) },
    topic: TOPIC_NAMES.lawVersions,
  };
}
