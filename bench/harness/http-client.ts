import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** An answer as far as a load needs it. */
export interface HttpAnswer {
  status: number;
  body: Buffer;
}

/**
 * One kept connection that carries one request at a time. A load generator shares the cores with what it measures, so
 * this is the least that speaks HTTP/1.1: whole requests out, status and body in.
 */
export class HttpConnection {
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: HttpAnswer) => void; reject: (fault: Error) => void } | undefined;

  /** @param ca certificate (PEM) that the server's must come from; absent = without TLS */
  constructor(
    private readonly port: number,
    private readonly ca?: string,
  ) {}

  /** Sends a whole request (head and body) and waits for its answer. */
  async send(head: string, body: Buffer | string = ''): Promise<HttpAnswer> {
    if (this.#waiting) throw new Error('a connection carries one request at a time');
    const socket = this.#socket ?? (await this.#connect());
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      socket.cork();
      socket.write(head, 'latin1');
      if (body.length > 0) socket.write(body);
      socket.uncork();
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const to = { port: this.port, host: '127.0.0.1', noDelay: true };
      const { ca } = this;
      const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca, servername: 'localhost' });
      socket.once(ca === undefined ? 'connect' : 'secureConnect', () => {
        this.#socket = socket;
        resolve(socket);
      });
      socket.on('error', (fault) => {
        reject(fault);
        this.#fail(fault);
      });
      socket.on('close', () => {
        this.#socket = undefined;
        this.#received = Buffer.alloc(0);
        this.#fail(new Error('the connection was closed'));
      });
      socket.on('data', (bytes: Buffer) => {
        this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
        this.#read();
      });
    });
  }

  #fail(fault: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(fault);
  }

  #read(): void {
    const parsed = parseAnswer(this.#received);
    if (!parsed) return;
    this.#received = this.#received.subarray(parsed.length);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(parsed.answer);
  }
}

/** The first whole answer in the bytes and how many of them it took; null when it is not there yet. */
export function parseAnswer(bytes: Buffer): { answer: HttpAnswer; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const start = end + 4;
  const sized = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (sized) {
    const length = start + Number(sized[1]);
    return bytes.length < length ? null : { answer: { status, body: bytes.subarray(start, length) }, length };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head))
    return { answer: { status, body: Buffer.alloc(0) }, length: start };
  const parts: Buffer[] = [];
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return null;
    if (size === 0) return { answer: { status, body: Buffer.concat(parts) }, length: next };
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = next;
  }
}
