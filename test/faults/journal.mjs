import { closeSync, openSync, writeSync } from 'node:fs';

/** An append-only file of JSON lines: a line is with the operating system before `note` returns. */
export class Journal {
  #file;

  constructor(path) {
    this.path = path;
    this.#file = openSync(path, 'a');
  }

  /** @param {Record<string, unknown>} entry  `at` (milliseconds since 1970) is added */
  note(entry) {
    writeSync(this.#file, `${JSON.stringify({ at: Date.now(), ...entry })}\n`);
  }

  close() {
    closeSync(this.#file);
  }
}
