import type { EventSource, RawEvent, Upcasters } from '@app/event-store';
import type { DeliveredEvent } from '../types.js';

/** What the record's `content-type` header says: the whole event is in the value, as JSON. */
export const structuredContentType = 'application/cloudevents+json; charset=UTF-8';

/**
 * An event on the wire: CloudEvents 1.0, structured mode (docs/decisions/0001-cloudevents-binding.md). Attributes
 * after `data` are ours; their names are lower case without separators, as the specification asks.
 */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  /** The service whose log it comes from: `/tinbao/intake`. */
  source: string;
  /** Wire name of the event. */
  type: string;
  /** Its stream, which is also the record's key. */
  subject: string;
  /** Legal time: when it happened. */
  time: string;
  datacontenttype: 'application/json';
  data: Record<string, unknown>;
  partitionkey: string;
  streamversion: number;
  schemaversion: number;
  recordedat: string;
  correlationid: string;
  causationid?: string;
  actorid: string;
  actorrole: string;
  actorunit: string;
  entrysource: EventSource;
  /** Place in the service's log, `<xid>.<gp>`: grows along a partition, so that a repeat is recognised. */
  logposition: string;
  logincarnation: string;
}

/**
 * The record's value for one event: a `CloudEvent`, its data as the text that the log holds, in the version it was
 * stored in. Written piece by piece because every event of every service passes here: building the object first costs
 * as much as all the rest of the relay's own work.
 */
export function toCloudEvent(event: RawEvent, service: string, incarnation: string): string {
  const { meta, position } = event;
  const stream = JSON.stringify(event.stream);
  const cause = meta.causationId === null ? '' : `,"causationid":${JSON.stringify(meta.causationId)}`;
  return (
    `{"specversion":"1.0","id":"${event.id}","source":"/tinbao/${service}","type":${JSON.stringify(event.type)}` +
    `,"subject":${stream},"time":${JSON.stringify(meta.happenedAt)},"datacontenttype":"application/json"` +
    `,"data":${event.data},"partitionkey":${stream},"streamversion":${event.version}` +
    `,"schemaversion":${event.eventVersion},"recordedat":"${meta.recordedAt}"` +
    `,"correlationid":${JSON.stringify(meta.correlationId)}${cause},"actorid":${JSON.stringify(meta.actor.id)}` +
    `,"actorrole":${JSON.stringify(meta.actor.role)},"actorunit":${JSON.stringify(meta.actor.unit)}` +
    `,"entrysource":${JSON.stringify(meta.source)},"logposition":"${position.xid}.${position.gp}"` +
    `,"logincarnation":"${incarnation}"}`
  );
}

/**
 * SQL of the same value for `EventStore.readTexts`: made by the database of a row `e` of the log and its incarnation
 * `i.id`, so that the relay only passes it on. Which text is right is said by `toCloudEvent`; a spec holds both together.
 */
export function cloudEventSql(service: string): string {
  if (!/^[a-z-]+$/.test(service)) throw new RangeError(`not a service: ${service}`);
  return `concat('{"specversion":"1.0","id":"', e.id, '","source":"/tinbao/${service}","type":', to_json(e.type),
    ',"subject":', to_json(e.stream), ',"time":', e.meta->'happenedAt', ',"datacontenttype":"application/json","data":',
    e.data, ',"partitionkey":', to_json(e.stream), ',"streamversion":', e.version, ',"schemaversion":', e.event_version,
    ',"recordedat":"', to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    '","correlationid":', e.meta->'correlationId',
    CASE WHEN e.meta->>'causationId' IS NOT NULL THEN concat(',"causationid":', e.meta->'causationId') END,
    ',"actorid":', e.meta->'actor'->'id', ',"actorrole":', e.meta->'actor'->'role',
    ',"actorunit":', e.meta->'actor'->'unit', ',"entrysource":', e.meta->'source',
    ',"logposition":"', e.xid, '.', e.gp, '","logincarnation":"', i.id, '"}')`;
}

/**
 * The event in a record's value, raised to today's version.
 * @throws Error with code `NotOurEvent`: somebody else writes to the topic
 */
export function fromCloudEvent(
  value: Buffer | null,
  topic: string,
  upcasters: Upcasters,
): { event: DeliveredEvent; incarnation: string } {
  const envelope = parse(value);
  if (envelope?.specversion !== '1.0' || typeof envelope.logposition !== 'string') {
    throw Object.assign(new Error(`a record of ${topic} is not an event of this system`), { code: 'NotOurEvent' });
  }
  const [xid, gp] = envelope.logposition.split('.') as [string, string];
  const { eventVersion, data } = upcasters.raise(envelope.type, envelope.schemaversion, envelope.data);
  return {
    incarnation: envelope.logincarnation,
    event: {
      topic,
      id: envelope.id,
      stream: envelope.subject,
      version: envelope.streamversion,
      type: envelope.type,
      eventVersion,
      data,
      meta: {
        actor: { id: envelope.actorid, role: envelope.actorrole, unit: envelope.actorunit },
        correlationId: envelope.correlationid,
        causationId: envelope.causationid ?? null,
        happenedAt: envelope.time,
        recordedAt: envelope.recordedat,
        source: envelope.entrysource,
      },
      position: { xid, gp },
    },
  };
}

function parse(value: Buffer | null): CloudEvent | null {
  try {
    return JSON.parse(value?.toString('utf8') ?? 'null') as CloudEvent | null;
  } catch {
    // The caller refuses it with the topic's name.
    return null;
  }
}
