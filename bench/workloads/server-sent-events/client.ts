import { connect, type Socket } from 'node:net';
import { serveChild } from '../../harness/child.js';
import { encodeHistogram, newHistogram, recordMs } from '../../harness/latency.js';
import { SENT_AT } from './picture.js';

/** Opens many streams and notes for each message how long it was on its way. */
const now = (): number => performance.timeOrigin + performance.now();
const MARK = Buffer.from(SENT_AT);
const TURN = Buffer.from('"turn":');

const sockets: Socket[] = [];
let stalled: Socket[] = [];
let latency = newHistogram();
let got = 0;
let expected = Infinity;
let turn = 0;
let reached: (() => void) | undefined;

function numberAt(chunk: Buffer, mark: Buffer): number | null {
  const at = chunk.indexOf(mark);
  return at < 0 ? null : Number.parseFloat(chunk.toString('latin1', at + mark.length, at + mark.length + 20));
}

function take(chunk: Buffer): void {
  // The head of a message comes in one piece: it is far smaller than a segment.
  if (numberAt(chunk, TURN) !== turn) return;
  recordMs(latency, Math.max(0, now() - numberAt(chunk, MARK)!));
  got += 1;
  if (got >= expected) reached?.();
}

async function open(port: number, onData: ((chunk: Buffer) => void) | null): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.write('GET /live HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n');
      if (!onData) {
        // Its receive buffer fills and stays full.
        socket.pause();
        resolve();
        return;
      }
      socket.once('data', () => resolve());
      socket.on('data', onData);
    });
  });
  return socket;
}

serveChild({
  start: () => Promise.resolve({}),
  stop: () => {
    for (const socket of [...sockets, ...stalled]) socket.destroy();
    return Promise.resolve();
  },
  methods: {
    open: async ({ port, clients }: { port: number; clients: number }) => {
      for (let opened = 0; opened < clients; opened += 100) {
        const some = Array.from({ length: Math.min(100, clients - opened) }, () => open(port, take));
        sockets.push(...(await Promise.all(some)));
      }
      return sockets.length;
    },
    stall: async ({ port, clients }: { port: number; clients: number }) => {
      stalled = await Promise.all(Array.from({ length: clients }, () => open(port, null)));
    },
    /** Ends the stalled ones; the others stay. */
    release: () => {
      for (const socket of stalled) socket.destroy();
      stalled = [];
      return Promise.resolve();
    },
    begin: () => {
      latency = newHistogram();
      return Promise.resolve();
    },
    /** The next publication to wait for. */
    expect: (next: number) => {
      turn = next;
      got = 0;
      expected = sockets.length;
      return Promise.resolve();
    },
    arrived: () =>
      new Promise<boolean>((resolve) => {
        if (got >= expected) {
          resolve(true);
          return;
        }
        const late = setTimeout(() => resolve(false), 10_000);
        reached = () => {
          clearTimeout(late);
          resolve(true);
        };
      }),
    latency: () => Promise.resolve(encodeHistogram(latency)),
  },
});
