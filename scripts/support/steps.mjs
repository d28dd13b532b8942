import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './project.mjs';

/**
 * @typedef {object} Outcome of one step
 * @property {string} name
 * @property {number} passed  tests that passed, or 1 for a step that is one check
 * @property {number} failed
 * @property {number} seconds
 * @property {string} [note]  said beside the numbers in the summary
 * @property {string} [report]  what a person needs to see when it failed
 * @property {{file: string, seconds: number}[]} [files]
 */

const bin = (name) => join(ROOT, 'node_modules', name);
export const TOOLS = {
  prettier: bin('prettier/bin/prettier.cjs'),
  eslint: bin('eslint/bin/eslint.js'),
  tsc: bin('typescript/bin/tsc'),
  jest: bin('jest/bin/jest.js'),
};

let ended = false;
process.on('SIGINT', () => (ended = true));
process.on('SIGTERM', () => (ended = true));

/** Runs node with arguments; resolves with exit code and output. A step past its time is killed and has failed. */
function runNode(args, { minutes, env = {}, show = false, cwd = ROOT }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own group, so that a step past its time is ended together with whatever it started.
      detached: process.platform !== 'win32',
    });
    const end = (signal) => {
      try {
        if (process.platform === 'win32') child.kill(signal);
        else process.kill(-child.pid, signal);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    };
    let output = '';
    let late = false;
    const interrupted = () => end('SIGINT');
    process.on('SIGINT', interrupted);
    process.on('SIGTERM', interrupted);
    const timer = setTimeout(() => {
      late = true;
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), 5_000).unref();
    }, minutes * 60_000);
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', (chunk) => (show ? process.stdout.write(chunk) : collect(chunk)));
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', interrupted);
      // What the step left behind (a worker that would not end) goes with it.
      end('SIGKILL');
      resolve({ code: late ? 1 : (code ?? 1), output: late ? `${output}\nended after ${minutes} minutes` : output });
    });
  });
}

/** A step that is one check: a tool that says yes or no. `commands` run one after the other until one says no. */
export function checkStep(name, commands, { minutes = 5 } = {}) {
  return {
    name,
    run: async () => {
      for (const [tool, ...args] of commands) {
        const { code, output } = await runNode([tool, ...args], { minutes });
        if (code !== 0) return { passed: 0, failed: 1, report: output.trim() };
      }
      return { passed: 1, failed: 0 };
    },
  };
}

/** A step that runs a function; throwing is its way to say no. */
export function taskStep(name, task) {
  return {
    name,
    run: async () => {
      try {
        const note = await task();
        return { passed: 1, failed: 0, ...(typeof note === 'string' ? { note } : {}) };
      } catch (error) {
        return { passed: 0, failed: 1, report: error.stack ?? String(error) };
      }
    },
  };
}

/**
 * A step that runs the spec files whose paths match, in one Jest run, and counts tests. A spec file that cannot be
 * loaded counts as one failed test; a level without any spec file has failed, so that no level can quietly be empty.
 */
export function jestStep(name, { match, except = [], workers = 2, minutes = 12, show = true, args = [] }) {
  return {
    name,
    run: async () => {
      const folder = join(ROOT, '.cache', 'test-results');
      mkdirSync(folder, { recursive: true });
      const resultFile = join(folder, `${name.replace(/[^a-z0-9]+/gi, '-')}-${process.pid}.json`);
      rmSync(resultFile, { force: true });
      const ignored = ['/node_modules/', '/dist/', '/apps/web/', ...except];
      const { code, output } = await runNode(
        [
          '--experimental-vm-modules',
          '--no-warnings',
          TOOLS.jest,
          '--config=jest.config.mjs',
          '--silent',
          '--json',
          `--outputFile=${resultFile}`,
          `--maxWorkers=${workers}`,
          `--reporters=${join(ROOT, 'scripts/support/line-reporter.mjs')}`,
          ...ignored.flatMap((pattern) => ['--testPathIgnorePatterns', pattern]),
          ...args,
          '--testPathPatterns',
          match,
        ],
        // NODE_OPTIONS reaches Jest's workers, the flags above only its parent.
        { minutes, show, env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' } },
      );
      if (!existsSync(resultFile)) {
        const empty = /No tests found/i.test(output);
        return { passed: 0, failed: 1, report: empty ? `no spec file matches ${match}` : output.trim() };
      }
      const result = JSON.parse(readFileSync(resultFile, 'utf8'));
      rmSync(resultFile, { force: true });
      return summarise(result, code, output);
    },
  };
}

/** A failure without the runner's own stack frames: what was said, and where in our code. */
function readable(message) {
  return message
    .split('\n')
    .filter((row) => !/^\s*at .*(node_modules|node:internal)/.test(row))
    .join('\n')
    .trim();
}

function summarise(result, code, output) {
  const reports = [];
  let broken = 0;
  for (const suite of result.testResults) {
    const file = relative(ROOT, suite.name);
    const failures = suite.assertionResults.filter(({ status }) => status === 'failed');
    if (suite.status === 'failed' && failures.length === 0) {
      broken += 1;
      reports.push(`${file}\n${readable(suite.message)}`);
    }
    for (const { fullName, failureMessages } of failures) {
      reports.push(`${file}: ${fullName}\n${readable(failureMessages.join('\n'))}`);
    }
  }
  let failed = result.numFailedTests + broken;
  // A test that did not run proves nothing; skipping is no way to pass.
  const unrun = result.numPendingTests + result.numTodoTests;
  if (unrun > 0) {
    failed += unrun;
    reports.push(`${unrun} tests were skipped`);
  }
  if (code !== 0 && failed === 0) {
    failed = 1;
    reports.push(output.trim() || `jest ended with exit code ${code}`);
  }
  const files = result.testResults.map(({ name, startTime, endTime }) => ({
    file: relative(ROOT, name),
    seconds: Math.max(0, endTime - startTime) / 1000,
  }));
  return { passed: result.numPassedTests, failed, files, ...(reports.length ? { report: reports.join('\n\n') } : {}) };
}

/**
 * Runs steps, at most `together` at a time, in order. Prints one line as each ends.
 * @returns {Promise<Outcome[]>} in the order of the steps
 */
export async function runSteps(steps, { together = 1 } = {}) {
  const outcomes = new Array(steps.length);
  let next = 0;
  const worker = async () => {
    while (next < steps.length) {
      const index = next++;
      const { name, run } = steps[index];
      if (ended) {
        outcomes[index] = { name, seconds: 0, passed: 0, failed: 1, report: 'not run: the run was ended before' };
        continue;
      }
      const started = performance.now();
      const outcome = await run().catch((error) => ({ passed: 0, failed: 1, report: error.stack ?? String(error) }));
      outcomes[index] = { name, seconds: (performance.now() - started) / 1000, ...outcome };
      console.log(line(outcomes[index]));
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  return outcomes;
}

function line({ name, passed, failed, seconds, note }) {
  const verdict = failed > 0 ? 'FAILED' : 'ok';
  const numbers = `${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed`;
  return `  ${name.padEnd(26)}${numbers} ${`${seconds.toFixed(1)} s`.padStart(9)}  ${verdict}${note ? `  ${note}` : ''}`;
}

/**
 * Prints failures, then the table, then the closing line alone. Returns the exit code.
 * @param {Outcome[]} outcomes
 * @param {string[]} notices  lines that must not be overlooked
 */
export function printSummary(outcomes, notices = []) {
  for (const { name, failed, report } of outcomes) {
    if (failed > 0) console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}\n${report ?? ''}`);
  }
  const slowest = outcomes
    .flatMap(({ files = [] }) => files)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 8);
  if (slowest.length > 0) {
    console.log('\nSlowest spec files');
    for (const { file, seconds } of slowest) console.log(`  ${seconds.toFixed(1).padStart(7)} s  ${file}`);
  }
  console.log('\nSummary');
  for (const outcome of outcomes) console.log(line(outcome));
  for (const notice of notices) console.log(`  ${notice}`);
  const sum = (key) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') > 0 ? 1 : 0;
}
