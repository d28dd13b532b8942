/**
 * Loaded before a service in fault runs (`node --import`): arms the named crash points. At SIGUSR2 it reads what the
 * runner wrote to `FAULTS_CONTROL/<pid>.json`, `{point, times, signal}`, and sends itself that signal when the point has been
 * reached that often: SIGKILL ends it as a power cut would, SIGSTOP lets it sleep with its work in hand. In every other run the points are never armed.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['FAULTS_CONTROL'];
if (folder !== undefined && process.argv[1]?.includes('/dist/apps/')) {
  const { onCrashPoint } = await import('../../dist/libs/event-store/src/index.js');
  const file = join(folder, `${process.pid}.json`);
  process.on('SIGUSR2', () => {
    const { point, times, signal } = JSON.parse(readFileSync(file, 'utf8'));
    let left = times;
    onCrashPoint((reached) => {
      if (reached !== point || (left -= 1) > 0) return;
      onCrashPoint(null);
      appendFileSync(join(folder, 'crashed'), `${process.pid} ${point}\n`);
      process.kill(process.pid, signal);
    });
  });
}
