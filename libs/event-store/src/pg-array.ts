import { endianness } from 'node:os';

/** Element types that the append statement uses, with PostgreSQL's numbers for them (fixed in its catalogue). */
const oids = { int4: 23, text: 25, uuid: 2950, jsonb: 3802 } as const;
export type PgArrayElement = keyof typeof oids;

const headerBytes = 20;
const isLittleEndian = endianness() === 'LE';

/**
 * A one-dimensional array parameter, sent in PostgreSQL's binary form: no element is quoted by the driver nor unquoted
 * by the server, which is most of the cost of a large append. `items` stay readable for whoever stands in for a server.
 */
export class PgArray {
  private bytes: Buffer | null = null;

  /** @param items one per element; JSON text for `jsonb` */
  constructor(
    readonly element: PgArrayElement,
    readonly items: readonly (string | number | null)[],
  ) {}

  /** Called by the driver when it binds the parameter. Source of the layout: PostgreSQL's `array_recv`. */
  toPostgres(): Buffer {
    return (this.bytes ??= encoded(this.element, this.items));
  }
}

function encoded(element: PgArrayElement, items: readonly (string | number | null)[]): Buffer {
  let size = headerBytes;
  let hasNull = 0;
  for (const item of items) {
    size += 4;
    if (item === null) hasNull = 1;
    else if (element === 'int4') size += 4;
    else if (element === 'uuid') size += 16;
    else size += Buffer.byteLength(item as string) + (element === 'jsonb' ? 1 : 0);
  }
  const buffer = Buffer.allocUnsafe(size);
  const dimensions = items.length === 0 ? 0 : 1;
  buffer.writeInt32BE(dimensions, 0);
  buffer.writeInt32BE(hasNull, 4);
  buffer.writeInt32BE(oids[element], 8);
  if (dimensions === 0) return buffer.subarray(0, 12);
  buffer.writeInt32BE(items.length, 12);
  buffer.writeInt32BE(1, 16);
  if (element === 'int4' && hasNull === 0) {
    writeIntegers(buffer, items as readonly number[]);
    return buffer;
  }
  let at = headerBytes;
  for (const item of items) at = writeItem(buffer, at, element, item);
  return buffer;
}

/** Each behind its length of four bytes; written in the machine's order, then turned to the network's all at once. */
function writeIntegers(buffer: Buffer, items: readonly number[]): void {
  const body = buffer.subarray(headerBytes);
  const pairs = new Int32Array(items.length * 2);
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index] as number;
    if ((item | 0) !== item) throw new RangeError(`not an integer of four bytes: ${item}`);
    pairs[2 * index] = 4;
    pairs[2 * index + 1] = item;
  }
  body.set(new Uint8Array(pairs.buffer));
  if (isLittleEndian) body.swap32();
}

function writeItem(buffer: Buffer, at: number, element: PgArrayElement, item: string | number | null): number {
  if (item === null) return buffer.writeInt32BE(-1, at);
  switch (element) {
    case 'int4':
      buffer.writeInt32BE(4, at);
      return buffer.writeInt32BE(item as number, at + 4);
    case 'uuid':
      buffer.writeInt32BE(16, at);
      if (buffer.write((item as string).replaceAll('-', ''), at + 4, 'hex') !== 16) {
        throw new RangeError('not a UUID');
      }
      return at + 20;
    default: {
      let start = at + 4;
      // The only version of jsonb's binary form: its text follows.
      if (element === 'jsonb') buffer[start++] = 1;
      const end = start + buffer.write(item as string, start);
      buffer.writeInt32BE(end - at - 4, at);
      return end;
    }
  }
}
