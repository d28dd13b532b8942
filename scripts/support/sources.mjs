import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './project.mjs';

/**
 * Every file below a folder, as paths relative to the project, sorted.
 * A missing folder has no files.
 */
export function filesBelow(folder, skip = () => false) {
  const found = [];
  const visit = (path) => {
    let entries;
    try {
      entries = readdirSync(join(ROOT, path), { withFileTypes: true });
    } catch (error) {
      if (error.code === 'ENOENT') return;
      throw error;
    }
    for (const entry of entries) {
      const child = `${path}/${entry.name}`;
      if (skip(child)) continue;
      if (entry.isDirectory()) visit(child);
      else if (entry.isFile()) found.push(child);
    }
  };
  visit(folder);
  return found.sort();
}

/** `{path: "mtime size"}` of each file: cheap to take, and different whenever a file was written. */
export function stampsOf(files) {
  const stamps = {};
  for (const file of files) {
    try {
      const { mtimeMs, size } = statSync(join(ROOT, file));
      stamps[file] = `${Math.round(mtimeMs)} ${size}`;
    } catch (error) {
      // A file that vanished between listing and looking is simply not part of the sources.
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return stamps;
}

/** A JSON file, or undefined when there is none or a killed run left half of one. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes beside the target and renames, so that a reader never sees half a file. */
export function writeWhole(path, content) {
  const target = join(ROOT, path);
  mkdirSync(dirname(target), { recursive: true });
  const draft = `${target}.${process.pid}.tmp`;
  writeFileSync(draft, content);
  renameSync(draft, target);
}

/** Removes a file or folder of the project; nothing happens when it is not there. */
export function remove(path) {
  rmSync(join(ROOT, path), { recursive: true, force: true });
}
