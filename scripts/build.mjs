#!/usr/bin/env node
/**
 * Builds what changed: the server's TypeScript to `dist/` with swc, of that the one-process program in a few files
 * (`support/bundle.mjs`), and the web to `apps/web/dist` with Vite. `npm run build` builds all, `-- --server` only the
 * first, `-- --bundle` the first two, `-- --web` only the last, `-- --force` from nothing.
 *
 * swc is called directly, file by file, because a build of the whole workspace through a project-by-project
 * compiler starts one compiler per app and library; this way a cold build is a few seconds and a warm one is a look
 * at file times. Types are checked by `npm run types`, not here.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { bundleServer, isBundled } from './support/bundle.mjs';
import { ROOT, has } from './support/project.mjs';
import { filesBelow, readJson, remove, stampsOf, writeWhole } from './support/sources.mjs';

const SERVER_STAMPS = 'dist/.build.json';
const BENCH_STAMPS = 'dist/.bench.json';
const WEB_STAMPS = 'apps/web/dist/.build.json';
/** Raised when this script's output changes, so that an older `dist` is built anew. */
const OUTPUT_VERSION = 1;

const isSpec = (file) => /\.(spec|suite)\.tsx?$/.test(file) || file.endsWith('.d.ts') || file.includes('/testing/');

/** Sources of the server: `apps/<name>/src` without the web, and `libs/<name>/src`, without tests. */
function serverSources() {
  const projects = ['apps', 'libs'].flatMap((group) =>
    readdirSync(join(ROOT, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !(group === 'apps' && entry.name === 'web'))
      .map((entry) => `${group}/${entry.name}/src`),
  );
  return projects.flatMap((folder) => filesBelow(folder)).filter((file) => !isSpec(file));
}

function webSources() {
  const skip = (path) => /^apps\/web\/(dist|node_modules)$/.test(path) || isSpec(path);
  return filesBelow('apps/web', skip);
}

/** The benchmarks, and what they share with the tests. The peers' programs lie beside the peers' packages. */
function benchSources() {
  const skip = (path) => /^bench\/(out|peers\/(dist|node_modules))$/.test(path) || isSpec(path);
  return [...filesBelow('bench', skip).filter((file) => file.endsWith('.ts')), 'test/support/naive-clock.ts'];
}

const outputOf = (file) => {
  const output = file.replace(/\.ts$/, '.js');
  return file.startsWith('bench/peers/') ? output.replace('bench/peers/', 'bench/peers/dist/') : `dist/${output}`;
};

/**
 * Rewrites `@app/<lib>` to the path of that library's index as seen from the compiled file,
 * so that plain `node` runs the output without a loader. The peers' programs find the harness from where they lie.
 */
export function rewriteAliases(code, file) {
  if (file.startsWith('bench/peers/')) return code.replace(/(["'])\.\.\/harness\//g, '$1../../../dist/bench/harness/');
  const from = posix.dirname(file);
  return code.replace(/(\bfrom\s*|\bimport\s*\(\s*|\bimport\s*)(["'])@app\/([a-z0-9-]+)\2/g, (_, head, quote, lib) => {
    const path = posix.relative(from, `libs/${lib}/src/index.js`);
    return `${head}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
  });
}

function serverConfiguration() {
  const swcrc = readFileSync(join(ROOT, '.swcrc'), 'utf8');
  return createHash('sha256').update(swcrc).update(String(OUTPUT_VERSION)).digest('hex').slice(0, 16);
}

/** What changed since the last build of the server; null when nothing did. */
const serverChanges = (force) => changesOf(serverSources(), SERVER_STAMPS, force);

function changesOf(sources, stampsFile, force) {
  const configuration = serverConfiguration();
  const stamps = stampsOf(sources);
  const last = force ? undefined : readJson(stampsFile);
  const known = last?.configuration === configuration ? last.stamps : {};
  const changed = Object.keys(stamps).filter((file) => stamps[file] !== known[file]);
  const gone = Object.keys(last?.stamps ?? {}).filter((file) => !(file in stamps));
  return changed.length === 0 && gone.length === 0 ? null : { configuration, stamps, changed, gone };
}

/** Compiles changed files, copies changed assets, removes the output of deleted ones. Returns how many it wrote. */
export const buildServer = ({ force = false } = {}) =>
  compile(serverChanges(force), SERVER_STAMPS, 'The server does not compile');

/** The same for the benchmarks; the server must be built too. */
export const buildBench = ({ force = false } = {}) =>
  compile(changesOf(benchSources(), BENCH_STAMPS, force), BENCH_STAMPS, 'The benchmarks do not compile');

async function compile(changes, stampsFile, complaint) {
  if (!changes) return 0;
  const { configuration, stamps, changed, gone } = changes;
  const { transform } = await import('@swc/core');
  const swcrc = JSON.parse(readFileSync(join(ROOT, '.swcrc'), 'utf8'));
  for (const file of gone) {
    remove(outputOf(file));
    remove(`${outputOf(file)}.map`);
  }
  const faults = [];
  await Promise.all(
    changed.map(async (file) => {
      if (!file.endsWith('.ts')) {
        mkdirSync(dirname(join(ROOT, outputOf(file))), { recursive: true });
        copyFileSync(join(ROOT, file), join(ROOT, outputOf(file)));
        return;
      }
      try {
        const source = readFileSync(join(ROOT, file), 'utf8');
        const output = await transform(source, { ...swcrc, swcrc: false, filename: file, sourceFileName: file });
        const name = posix.basename(outputOf(file));
        writeWhole(`${outputOf(file)}.map`, output.map ?? '{}');
        writeWhole(outputOf(file), `${rewriteAliases(output.code, file)}\n//# sourceMappingURL=${name}.map\n`);
      } catch (error) {
        faults.push(`${file}: ${error.message}`);
        delete stamps[file];
      }
    }),
  );
  writeWhole(stampsFile, JSON.stringify({ configuration, stamps }));
  if (faults.length > 0) throw new Error(`${complaint}:\n${faults.join('\n')}`);
  return changed.length + gone.length;
}

function webChanged(force) {
  const stamps = stampsOf(webSources());
  const last = force ? undefined : readJson(WEB_STAMPS);
  const same =
    last !== undefined &&
    has('apps/web/dist/index.html') &&
    Object.keys(stamps).length === Object.keys(last).length &&
    Object.entries(stamps).every(([file, stamp]) => last[file] === stamp);
  return same ? null : stamps;
}

/** Runs Vite when a file of the web changed. Returns whether it ran. */
export async function buildWeb({ force = false, log = 'warn' } = {}) {
  if (!has('apps/web/index.html')) return false;
  const stamps = webChanged(force);
  if (!stamps) return false;
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, 'build', '--logLevel', log], {
      cwd: join(ROOT, 'apps/web'),
      stdio: 'inherit',
      // Whoever builds, a test run too: what lies in `dist` is what officers get, not React's build for developers.
      env: { ...process.env, NODE_ENV: 'production' },
    });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`The web does not build (exit ${code})`))));
  });
  await compressWeb();
  writeWhole(WEB_STAMPS, JSON.stringify(stamps));
  return true;
}

/** Below this a compressed copy saves no packet. */
const COMPRESS_FROM_BYTES = 1_400;

/**
 * Copies of each text file of the web, compressed once here, so that the server compresses nothing for a thousand officers in
 * the morning: Brotli for browsers that take it, a sixth smaller than gzip, and gzip for the others.
 */
async function compressWeb() {
  const [smaller, small] = [promisify(brotliCompress), promisify(gzip)];
  const texts = filesBelow('apps/web/dist').filter(
    (file) => /\.(js|css|html|svg|json)$/.test(file) && file !== WEB_STAMPS,
  );
  await Promise.all(
    texts.map(async (file) => {
      const content = readFileSync(join(ROOT, file));
      if (content.length < COMPRESS_FROM_BYTES) return;
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      };
      writeWhole(`${file}.br`, await smaller(content, { params }));
      writeWhole(`${file}.gz`, await small(content, { level: constants.Z_BEST_COMPRESSION }));
    }),
  );
}

/** Whether `dist`, the bundle of it and the web match the sources; a look at file times only. */
export function isBuilt() {
  return serverChanges(false) === null && isBundled() && (!has('apps/web/index.html') || webChanged(false) === null);
}

if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  const only = ['server', 'bundle', 'web'].find((part) => process.argv.includes(`--${part}`));
  const force = process.argv.includes('--force');
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    if (only !== 'web') {
      const written = await buildServer({ force });
      console.log(written === 0 ? 'server: up to date' : `server: ${written} files, ${seconds()}`);
    }
    // Both keep compilers of their own busy, outside this thread.
    const [bundled, web] = await Promise.all([
      (only === undefined || only === 'bundle') && bundleServer({ force }),
      (only === undefined || only === 'web') && buildWeb({ force }),
    ]);
    if (only === undefined || only === 'bundle') {
      console.log(bundled ? `bundle: made, ${seconds()}` : 'bundle: up to date');
    }
    if (only === undefined || only === 'web') console.log(web ? `web: built, ${seconds()}` : 'web: up to date');
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
