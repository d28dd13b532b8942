import { randomUUID } from 'node:crypto';
import { DONE, Misused, print, printJson } from '../outcome.js';
import { Server } from '../server.js';
import type { ServerOptions } from '../server.js';
import { serviceOf, SERVICES } from '../services.js';

export interface ParkedCommand extends ServerOptions {
  consumer?: string;
  stream?: string;
  all?: boolean;
  json?: boolean;
}

interface Parked {
  consumer: string;
  stream: string;
  version: number;
  error: string;
  attempts: number;
  events: number;
  retryRequested: boolean;
  parkedAt: string;
}

/** Streams that wait because one of their events could not be handled. */
export async function listParked({ consumer, json, ...options }: ParkedCommand): Promise<number> {
  const server = new Server(options);
  const answers = await Promise.all(
    servicesOf(consumer).map((service) => {
      const query = consumer === undefined ? '' : `?consumer=${encodeURIComponent(consumer)}`;
      return server.get<{ items: Parked[] }>(`/api/operations/${service}/parked${query}`);
    }),
  );
  const items = answers.flatMap((answer) => answer.items);
  if (json) printJson({ items });
  else if (items.length === 0) print('nothing is parked');
  else {
    for (const one of items) {
      print(
        `${one.consumer}  ${one.stream} version ${one.version}: ${one.events} events wait since ${one.parkedAt}, ` +
          `tried ${one.attempts} times${one.retryRequested ? ', to be tried again' : ''}\n  ${one.error}`,
      );
    }
  }
  return DONE;
}

/** Have parked streams handled again, from the failed event on and in order. */
export async function retryParked({ consumer, stream, all, json, ...options }: ParkedCommand): Promise<number> {
  if (stream !== undefined && consumer === undefined) throw new Misused('--stream needs its --consumer');
  if ((consumer === undefined) === (all !== true)) throw new Misused('name a --consumer, or --all');
  const server = new Server(options);
  const answers = await Promise.all(
    servicesOf(consumer).map((service) =>
      server.post<{ streams: number }>(
        `/api/operations/${service}/parked/retry`,
        () => ({ ...(consumer === undefined ? {} : { consumer }), ...(stream === undefined ? {} : { stream }) }),
        randomUUID(),
      ),
    ),
  );
  const streams = answers.reduce((sum, answer) => sum + answer.streams, 0);
  if (json) printJson({ streams });
  else print(`${streams} parked ${streams === 1 ? 'stream is' : 'streams are'} tried again; see: tinbao parked list`);
  return DONE;
}

function servicesOf(consumer: string | undefined): readonly string[] {
  return consumer === undefined ? SERVICES : [serviceOf(consumer)];
}
