import { existsSync, readFileSync } from 'node:fs';

/** The entries of a journal of JSON lines; a last line that was cut off by a crash is left out. */
export function readJournal(path) {
  if (path === undefined || !existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line));
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
