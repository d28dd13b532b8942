import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../scripts/support/project.mjs';

/**
 * Starts the verifier as a program of its own that judges one system again and again.
 * @param {{databaseUrl: string, brokers: string[], clientJournal: string, runJournal: string}} options
 */
export function startVerifier({ databaseUrl, brokers, clientJournal, runJournal }) {
  const child = spawn(
    process.execPath,
    [
      '--max-old-space-size=1024',
      join(ROOT, 'test/faults/verifier/main.mjs'),
      ...['--database', databaseUrl, '--brokers', brokers.join(), '--client', clientJournal, '--run', runJournal],
      '--serve',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line);
    const { resolve, reject } = waiting.shift();
    if (answer.error) reject(new Error(`the verifier failed: ${answer.error}`));
    else resolve(answer);
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`the verifier ended (${code})`));
  });
  const ask = (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  return {
    /** @param {{sinceMs?: number, settleMs?: number, mayBeParked?: string[], whole?: boolean}} options */
    verify: (options = {}) => ask({ verify: options }),
    /** SHA-256 of every read model. */
    hashes: async () => (await ask({ hash: true })).hashes,
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', resolve);
        child.stdin.end();
      }),
  };
}
