import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** The program as a few scripts (scripts/support/bundle.mjs). */
export interface Bundle {
  /** What one of its scripts exports. */
  load(name: string): unknown;
  /** Writes what V8 has compiled of the scripts so far beside them, where that is not there yet. */
  keepCode(): void;
}

interface Manifest {
  id: string;
  server: string;
  packages: string;
}

/** Before the code of a file that keeps it. */
const CHECK_BYTES = 4;

/**
 * The bundle below `dist`, or undefined where there is none of exactly the server that is built there and the packages
 * that are installed beside it.
 * @param dist address of the build's folder, with a slash at its end
 */
export function openBundle(dist: URL): Bundle | undefined {
  const manifest = readManifest(dist);
  return manifest && new BundleInFiles(new URL(`bundle/${manifest.id}/`, dist), new URL('../', dist));
}

function readManifest(dist: URL): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(new URL('bundle.json', dist), 'utf8')) as Manifest;
    const server = createHash('sha256')
      .update(readFileSync(new URL('.build.json', dist)))
      .digest('hex')
      .slice(0, 16);
    const { mtimeMs, size } = statSync(new URL('../node_modules/.package-lock.json', dist));
    const isCurrent = manifest.server === server && manifest.packages === `${Math.round(mtimeMs)} ${size}`;
    return isCurrent ? manifest : undefined;
  } catch {
    // No bundle, half a one, or nothing to compare it with: the modules themselves are there.
    return undefined;
  }
}

class BundleInFiles implements Bundle {
  private readonly scripts = new Map<string, { script: Script; exports: unknown; isCodeKept: boolean }>();

  constructor(
    private readonly folder: URL,
    private readonly root: URL,
  ) {}

  load(name: string): unknown {
    const known = this.scripts.get(name);
    if (known) return known.exports;
    const path = fileURLToPath(new URL(name, this.folder));
    const source = readFileSync(path, 'latin1');
    const cachedData = readCode(`${path}.code`);
    const script = new Script(source, {
      filename: path,
      ...(cachedData ? { cachedData } : {}),
    });
    const module = { exports: {} as unknown };
    const entry = {
      script,
      exports: module.exports,
      isCodeKept: cachedData !== undefined && !script.cachedDataRejected,
    };
    this.scripts.set(name, entry);
    const outside = createRequire(path);
    const require = (wanted: string): unknown =>
      wanted.startsWith('./') ? this.load(wanted.slice(2)) : (outside(wanted) as unknown);
    const run = script.runInThisContext() as (...given: unknown[]) => void;
    run(module.exports, Object.assign(require, outside), module, path, dirname(path), this.address);
    entry.exports = module.exports;
    return module.exports;
  }

  keepCode(): void {
    for (const [name, one] of this.scripts) {
      if (one.isCodeKept) continue;
      writeCode(fileURLToPath(new URL(`${name}.code`, this.folder)), one.script.createCachedData());
      one.isCodeKept = true;
    }
  }

  /** What `import.meta` was for the module at this place of the project. */
  private readonly address = (place: string): { url: string; filename: string; dirname: string } => {
    const { href } = new URL(place, this.root);
    const filename = fileURLToPath(href);
    return { url: href, filename, dirname: dirname(filename) };
  };
}

/**
 * Compiled code as it was written, or undefined. V8 looks whether it is its own version's and of a script of this
 * length, but trusts the bytes: a damaged file must not get that far.
 */
function readCode(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    const code = bytes.subarray(CHECK_BYTES);
    return bytes.length > CHECK_BYTES && bytes.readUInt32LE(0) === crc32(code) ? code : undefined;
  } catch {
    return undefined;
  }
}

function writeCode(path: string, code: Buffer): void {
  const check = Buffer.alloc(CHECK_BYTES);
  check.writeUInt32LE(crc32(code));
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, Buffer.concat([check, code]));
    renameSync(draft, path);
  } catch {
    // A folder that may only be read: the next start compiles again, nothing else.
    rmSync(draft, { force: true });
  }
}
