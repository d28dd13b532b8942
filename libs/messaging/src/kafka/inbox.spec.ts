import { describe, expect, it } from '@jest/globals';
import { type RawEvent, Upcasters } from '@app/event-store';
import type { KafkaMessage } from 'kafkajs';
import { toCloudEvent } from './envelope.js';
import { asBatches, Inbox, type Place } from './inbox.js';

const raw = (gp: number, stream = 'tip-1'): RawEvent => ({
  id: `019a6a00-0000-7000-8000-${String(gp).padStart(12, '0')}`,
  stream,
  version: gp,
  type: 'CrimeTipReceived',
  eventVersion: 1,
  data: '{"note": "Nguồn tin \\"mới\\"", "n": 1.50}',
  meta: {
    actor: { id: 'cán bộ "A"', role: 'intake_officer', unit: 'PC-80' },
    correlationId: 'c-1',
    causationId: gp === 1 ? null : 'cause',
    happenedAt: '2026-01-05T08:00:00+07:00',
    recordedAt: '2026-01-05T01:30:00.000Z',
    source: 'ui',
  },
  position: { xid: '7', gp: String(gp) },
});
const record = (offset: number, event: RawEvent, incarnation = 'log-1'): KafkaMessage =>
  ({ offset: String(offset), value: Buffer.from(toCloudEvent(event, 'intake', incarnation)) }) as KafkaMessage;
const opened = (...keys: string[]): Inbox => {
  const inbox = new Inbox(new Upcasters());
  inbox.restart(new Map<string, Place | null>(keys.map((key) => [key, null])));
  return inbox;
};
const versions = (inbox: Inbox, limit = 500): Record<string, number[]> =>
  Object.fromEntries([...inbox.take(limit).events].map(([key, events]) => [key, events.map(({ version }) => version)]));

describe('the inbox of a Kafka consumer', () => {
  it('gives back the event that was written, whatever letters it holds', () => {
    const inbox = opened('t/0');
    inbox.add('t/0', [record(0, raw(1)), record(1, raw(2))]);
    const events = inbox.take(500).events.get('t/0');
    for (const [index, event] of [raw(1), raw(2)].entries()) {
      expect(events?.[index]).toEqual({ ...event, topic: 't', data: { note: 'Nguồn tin "mới"', n: 1.5 } });
    }
  });

  it('gives what came from several partitions together, with a place for each', () => {
    const inbox = opened('t/0', 't/1');
    inbox.add('t/0', [record(0, raw(1)), record(1, raw(3))]);
    inbox.add('t/1', [record(0, raw(2, 'tip-2'))]);
    inbox.add('t/0', [record(2, raw(4))]);
    expect(inbox.size).toBe(4);
    expect(asBatches(inbox.take(500), (key) => `kafka:${key}`)).toMatchObject([
      {
        source: 'kafka:t/0',
        events: [{ version: 1 }, { version: 3 }, { version: 4 }],
        position: { offset: '3', gp: '4' },
      },
      { source: 'kafka:t/1', events: [{ version: 2 }], position: { offset: '1', gp: '2' } },
    ]);
    expect(inbox.isEmpty).toBe(true);
  });

  it('takes no more than asked for, oldest first, and never nothing', () => {
    const inbox = opened('t/0');
    inbox.add('t/0', [record(0, raw(1)), record(1, raw(2)), record(2, raw(3))]);
    inbox.add('t/0', [record(3, raw(4))]);
    expect(versions(inbox, 2)).toEqual({ 't/0': [1, 2, 3] });
    expect(versions(inbox, 2)).toEqual({ 't/0': [4] });
  });

  it('passes over what the relay sent twice, and over records read before', () => {
    const inbox = opened('t/0');
    inbox.add('t/0', [record(0, raw(1)), record(1, raw(2)), record(2, raw(1)), record(3, raw(2)), record(4, raw(3))]);
    inbox.add('t/0', [record(3, raw(2)), record(4, raw(3)), record(5, raw(3)), record(6, raw(5))]);
    expect(inbox.nextOffset('t/0')).toBe(7n);
    expect(versions(inbox)).toEqual({ 't/0': [1, 2, 3, 5] });
    // Nothing but repeats moves the place all the same.
    inbox.add('t/0', [record(7, raw(4)), record(8, raw(5))]);
    const [batch] = asBatches(inbox.take(500), (key) => key);
    expect(batch).toMatchObject({ events: [], position: { offset: '9', gp: '5' } });
  });

  it('goes on from a checkpoint, and forgets what waits when it starts again or loses a partition', () => {
    const inbox = opened('t/0', 't/1');
    inbox.add('t/0', [record(0, raw(1))]);
    inbox.add('t/1', [record(0, raw(2))]);
    inbox.drop('t/0');
    expect([inbox.has('t/0'), inbox.size]).toEqual([false, 1]);
    inbox.restart(new Map([['t/1', { offset: '40', xid: '7', gp: '90', incarnation: 'log-1' }]]));
    expect([inbox.isEmpty, inbox.nextOffset('t/1')]).toEqual([true, 40n]);
    inbox.add('t/1', [record(39, raw(90)), record(40, raw(91))]);
    expect(versions(inbox)).toEqual({ 't/1': [91] });
  });

  it('refuses records of a restored log and of strangers', () => {
    const inbox = opened('t/0');
    inbox.add('t/0', [record(0, raw(1))]);
    expect(() => inbox.add('t/0', [record(1, raw(2), 'log-2')])).toThrow(
      expect.objectContaining({ code: 'LogIncarnationChanged' }),
    );
    const foreign = { offset: '1', value: Buffer.from('hello') } as KafkaMessage;
    expect(() => inbox.add('t/0', [foreign])).toThrow(expect.objectContaining({ code: 'NotOurEvent' }));
  });
});
