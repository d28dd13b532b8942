import { DONE, REFUSED, print, printJson } from '../outcome.js';
import { Server } from '../server.js';
import type { ServerOptions } from '../server.js';

/** Whether a system answers and is ready: migrations done, carrier connected, readers running. */
export async function status({ json, ...options }: ServerOptions & { json?: boolean }): Promise<number> {
  const server = new Server(options);
  const [live, ready] = await Promise.all([server.look('/health/live'), server.look('/health/ready')]);
  const answer = { server: options.server, live: live.ok, ready: ready.ok, checks: ready.body };
  if (json) printJson(answer);
  else {
    print(`${options.server}: ${live.ok ? 'live' : 'not live'}, ${ready.ok ? 'ready' : 'not ready'}`);
    if (!ready.ok) printJson(ready.body);
  }
  return live.ok && ready.ok ? DONE : REFUSED;
}
