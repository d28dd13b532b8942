import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 1 << 20;

/** The entries of a journal of JSON lines that still grows; a last line that is not whole yet is left for later. */
export class JournalReader {
  #path;
  #offset = 0;
  #rest = Buffer.alloc(0);
  #entries = [];

  /** @param {string} [path]  a file that need not be there yet */
  constructor(path) {
    this.#path = path;
  }

  /** @returns {object[]} all entries so far, in the order in which they were written */
  entries() {
    const file = this.#open();
    if (file === undefined) return this.#entries;
    try {
      const chunk = Buffer.alloc(CHUNK);
      for (;;) {
        const length = readSync(file, chunk, 0, CHUNK, this.#offset);
        if (length === 0) break;
        this.#offset += length;
        this.#rest = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      }
    } finally {
      closeSync(file);
    }
    const end = this.#rest.lastIndexOf(0x0a);
    if (end < 0) return this.#entries;
    for (const line of this.#rest.toString('utf8', 0, end).split('\n')) this.#entries.push(JSON.parse(line));
    this.#rest = Buffer.from(this.#rest.subarray(end + 1));
    return this.#entries;
  }

  #open() {
    if (this.#path === undefined) return undefined;
    try {
      return openSync(this.#path, 'r');
    } catch (error) {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/**
 * What the client knows of each of its commands.
 * @returns {Map<string, {key: string, by: string, act: string, path: string, acked?: object, refused?: object, gaveUp?: object,
 *   repeated: object[], misused: object[]}>}
 */
export function commandsOfClient(entries) {
  const commands = new Map();
  for (const entry of entries) {
    if (entry.kind === 'intent') {
      const { key, by, act, path, at } = entry;
      commands.set(key, { key, by, act, path, at, repeated: [], misused: [] });
      continue;
    }
    const command = commands.get(entry.key);
    if (!command) continue;
    if (entry.kind === 'acked') command.acked = entry;
    if (entry.kind === 'refused') command.refused = entry;
    if (entry.kind === 'gave-up') command.gaveUp = entry;
    if (entry.kind === 'repeated') command.repeated.push(entry);
    if (entry.kind === 'misused') command.misused.push(entry);
  }
  return commands;
}
