import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');
/** What the whole suite may take in `npm test`, on a machine that does other things too. */
const LIMIT_MS = 10 * 60_000;

interface Result {
  fault: string;
  rounds: number;
  violations: Record<string, number>;
  examples: { seed: number; invariant: string; what: string; where: string }[];
  replay: string[];
  seeded?: { name: string; invariant: string; isFound: boolean }[];
}

describe('the system under faults', () => {
  let results: Map<string, Result>;
  let printed = '';

  beforeAll(async () => {
    const { NODE_OPTIONS: _n, DATABASE_URL: _d, KAFKA_BROKERS: _k, ...environment } = process.env;
    // F11 runs as a spec of its own, beside the log that it is about.
    const faults = ['F1', 'F2', 'F3', 'F4', 'F6', 'F8', 'F12', 'F13'];
    const command = spawn(process.execPath, ['scripts/faults.mjs', ...faults, '--quick', '--self-test', '--json'], {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let json = '';
    command.stdout.on('data', (chunk: Buffer) => (json += chunk.toString('utf8')));
    command.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    const late = setTimeout(() => command.kill('SIGTERM'), LIMIT_MS);
    const code = await new Promise((done) => command.once('close', done));
    clearTimeout(late);
    const lines = json.split('\n').filter((line) => line !== '');
    results = new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.fault, result]));
    // Seeds and timings of every round, for whoever looks at the run.
    process.stdout.write(printed);
    if (code !== 0 && code !== 1) throw new Error(`npm run faults ended with ${String(code)}:\n${printed}`);
  }, LIMIT_MS + 60_000);

  it.each([
    ['F1', 'keeps every acknowledged command when services are killed'],
    ['F2', 'neither loses nor repeats an effect when it crashes at a named place'],
    ['F3', 'comes back from a killed PostgreSQL with everything it had promised'],
    ['F4', 'does a command once when its commit is cut off'],
    ['F6', 'outlives a frozen database, and a service that wakes after its lease'],
    ['F8', 'comes to the same read models from repeated and late deliveries'],
    ['F12', 'parks a poisoned stream alone and replays it in order'],
    ['F13', 'turns a poisoned command away and its neighbours not'],
    ['rebuild', 'has read models that a rebuild makes again'],
  ])('%s: %s', (fault) => {
    const result = results.get(fault);
    expect(result?.rounds).toBeGreaterThan(0);
    expect({ violations: result?.violations, examples: result?.examples, again: result?.replay }).toEqual({
      violations: {},
      examples: [],
      again: [],
    });
  });

  it('is judged by a verifier that finds each invariant broken on purpose', () => {
    const seeded = results.get('verifier')?.seeded ?? [];
    expect(seeded.filter(({ isFound }) => !isFound)).toEqual([]);
    expect([...new Set(seeded.map(({ invariant }) => invariant))].sort()).toEqual(
      ['I1', 'I12', 'I13', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7'].sort(),
    );
  });
});
