import { randomUUID } from 'node:crypto';
import { DONE, Misused, print, printError, printJson, REFUSED } from '../outcome.js';
import { Server } from '../server.js';
import type { ServerOptions } from '../server.js';
import { pause, serviceOf, SERVICES } from '../services.js';

const LOOK_EVERY_MS = 300;

export interface RebuildCommand extends ServerOptions {
  all?: boolean;
  anew?: boolean;
  json?: boolean;
}

interface RebuildAnswer {
  id: string;
  consumer: string;
  phase: 'waiting' | 'loading' | 'indexing' | 'catching-up' | 'swapping' | 'done' | 'failed';
  eventsDone: number;
  eventsTotal: number | null;
  eventsPerSecond: number | null;
  secondsLeft: number | null;
  error: string | null;
  startedAt: string | null;
  endedAt: string | null;
}

/** Rebuild read models of a running system, one after the other, and follow them to their end. */
export async function rebuild(consumers: readonly string[], command: RebuildCommand): Promise<number> {
  if ((consumers.length === 0) === (command.all !== true)) {
    throw new Misused('name the consumers to rebuild (see: tinbao status), or --all');
  }
  const server = new Server(command);
  const names = command.all ? await rebuildable(server) : [...new Set(consumers)];
  const showsProgress = command.json !== true && process.stderr.isTTY === true;
  for (const consumer of names) {
    await server.post(
      `/api/operations/${serviceOf(consumer)}/rebuilds`,
      () => ({ consumer, ...(command.anew ? { anew: true } : {}) }),
      randomUUID(),
    );
  }
  const ended: RebuildAnswer[] = [];
  for (const consumer of names) {
    const one = await follow(server, consumer, showsProgress);
    ended.push(one);
    if (!command.json) print(lineOf(one));
  }
  if (command.json) printJson({ items: ended });
  return ended.every(({ phase }) => phase === 'done') ? DONE : REFUSED;
}

async function rebuildable(server: Server): Promise<string[]> {
  const answers = await Promise.all(
    SERVICES.map((service) =>
      server.get<{ items: { name: string; tables: string[] | null }[] }>(`/api/operations/${service}/consumers`),
    ),
  );
  return answers.flatMap(({ items }) => items.filter(({ tables }) => tables !== null).map(({ name }) => name));
}

async function follow(server: Server, consumer: string, showsProgress: boolean): Promise<RebuildAnswer> {
  for (;;) {
    const { items } = await server.get<{ items: RebuildAnswer[] }>(`/api/operations/${serviceOf(consumer)}/rebuilds`);
    const one = items.find((item) => item.consumer === consumer);
    if (one && showsProgress) process.stderr.write(`\r${progressOf(one)}`);
    if (one && (one.phase === 'done' || one.phase === 'failed')) {
      if (showsProgress) printError('');
      return one;
    }
    await pause(LOOK_EVERY_MS);
  }
}

function progressOf({ consumer, phase, eventsDone, eventsTotal, eventsPerSecond, secondsLeft }: RebuildAnswer): string {
  const share = eventsTotal ? Math.min(eventsDone / eventsTotal, 1) : 0;
  const bar = '█'.repeat(Math.round(share * 24)).padEnd(24, '░');
  const left = secondsLeft === null ? '' : `, ${secondsLeft} s left`;
  const rate = eventsPerSecond ? `  ${Math.round(eventsPerSecond)} events/s${left}` : '';
  return `${consumer} ${bar} ${phase}  ${eventsDone}/${eventsTotal ?? '?'} events${rate}          `;
}

function lineOf({ consumer, phase, eventsDone, startedAt, endedAt, error }: RebuildAnswer): string {
  if (phase === 'failed') return `${consumer}: failed: ${error ?? ''}`;
  const seconds = startedAt && endedAt ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 : 0;
  const rate = seconds > 0 ? `, ${Math.round(eventsDone / seconds)} events/s` : '';
  return `${consumer}: rebuilt from ${eventsDone} events in ${seconds.toFixed(1)} s${rate}`;
}
