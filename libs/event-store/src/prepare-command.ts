import type { PreparedCommand, PreparedEvent } from './append-statement.js';
import type { Clock } from './clock.js';
import { deterministicUuidv7, uuidv7 } from './event-id.js';
import type { AppendCommand, EventMeta, NewEvent } from './types.js';
import type { Upcasters } from './upcasters.js';

const bytesPerCommand = 120;
const bytesPerEvent = 100;

/** Makes commands ready to be written. What can be seen to be wrong without the database is refused here. */
export class CommandPreparer {
  constructor(
    private readonly schema: string,
    private readonly clock: Clock,
    private readonly upcasters: Upcasters,
  ) {}

  /**
   * @throws RangeError, TypeError when the command is malformed: no stream, a version below 0 or not whole, a moment
   * that is none, data that is not an object or cannot be written as JSON
   */
  prepare(command: AppendCommand): PreparedCommand {
    const { stream, expectedVersion, events, meta, idempotency, allocate } = command;
    if (typeof stream !== 'string' || stream === '') throw new TypeError('a command must name its stream');
    if (!isVersion(expectedVersion)) throw new RangeError(`not a version: ${String(expectedVersion)}`);
    if (allocate && !Number.isInteger(allocate.year)) throw new RangeError(`not a year: ${String(allocate.year)}`);
    const { actor, correlationId, causationId, source } = meta;
    let lastAt: string | undefined;
    let at = new Date(NaN);
    let eventMeta: Omit<EventMeta, 'recordedAt'> = { actor, correlationId, causationId, happenedAt: '', source };
    let metaText = '';
    let bytes = bytesPerCommand;
    const prepared: PreparedEvent[] = events.map((event: NewEvent, index): PreparedEvent => {
      const happenedAt = event.happenedAt ?? meta.happenedAt;
      if (happenedAt !== lastAt) {
        lastAt = happenedAt;
        at = new Date(happenedAt);
        if (Number.isNaN(at.getTime())) {
          throw new RangeError(`happenedAt of ${event.type} is not a moment: ${happenedAt}`);
        }
        eventMeta = { actor, correlationId, causationId, happenedAt, source };
        metaText = JSON.stringify(eventMeta);
      }
      if (typeof event.type !== 'string' || event.type === '') throw new TypeError('an event must name its type');
      if (typeof event.data !== 'object' || event.data === null)
        throw new TypeError(`data of ${event.type} is no object`);
      const dataText = JSON.stringify(event.data);
      bytes += bytesPerEvent + dataText.length + metaText.length + stream.length;
      return {
        id: idempotency
          ? deterministicUuidv7(at, this.schema, idempotency.key, stream, String(index))
          : uuidv7(this.clock.now()),
        type: event.type,
        eventVersion: this.upcasters.newestVersion(event.type),
        data: event.data,
        meta: eventMeta,
        dataText,
        metaText,
      };
    });
    return { stream, expectedVersion, events: prepared, idempotency, allocate, bytes };
  }
}

function isVersion(version: unknown): boolean {
  return typeof version === 'number' && Number.isInteger(version) && version >= 0 && version < 2 ** 31;
}
