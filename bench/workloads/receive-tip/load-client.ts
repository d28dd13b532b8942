import { randomBytes } from 'node:crypto';
import { serveChild } from '../../harness/child.js';
import { HttpConnection, type HttpAnswer } from '../../harness/http-client.js';
import { encodeHistogram } from '../../harness/latency.js';
import { closedLoop, openLoop } from '../../harness/load.js';
import type { Round } from '../../harness/types.js';
import { tipRequests, type TipRequest } from './requests.js';

/** What is asked of the client for one round. */
export interface LoadOrder {
  port: number;
  /** Speak TLS, and trust this certificate (PEM). */
  ca?: string;
  seed: number;
  seconds: number;
  /** Askers of a closed loop, or connections of an open one. */
  workers: number;
  /** Requests a second of an open loop; absent = closed. */
  rate?: number;
}

/** A round as it travels back: the histogram encoded. */
export type LoadAnswer = Omit<Round, 'latency'> & { hdr: string };

const DISTINCT = 4_000;

let tokens: string[] = [];
let receivedAt = '';

class Desk {
  readonly #free: HttpConnection[] = [];
  readonly #all: HttpConnection[] = [];
  readonly #run = randomBytes(6).toString('hex');
  readonly #requests: TipRequest[];
  #sent = 0;

  constructor(
    private readonly port: number,
    private readonly ca: string | undefined,
    seed: number,
  ) {
    this.#requests = tipRequests(seed, DISTINCT, receivedAt);
  }

  /** One tip, under a key of its own. @throws when it is not answered with 201 */
  async receive(): Promise<void> {
    const { unit, body } = this.#requests[this.#sent % DISTINCT]!;
    this.#sent += 1;
    const connection = this.#free.pop() ?? this.#open();
    const answer = await connection.send(
      `POST /api/tips HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${tokens[unit]!}\r\n` +
        `Idempotency-Key: ${this.#run}-${this.#sent}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n`,
      body,
    );
    this.#free.push(connection);
    requireCreated(answer);
  }

  #open(): HttpConnection {
    const connection = new HttpConnection(this.port, this.ca);
    this.#all.push(connection);
    return connection;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }
}

function requireCreated({ status, body }: HttpAnswer): void {
  if (status !== 201) throw new Error(`answered ${status}: ${body.toString('utf8').slice(0, 400)}`);
}

async function run(order: LoadOrder): Promise<LoadAnswer> {
  const desk = new Desk(order.port, order.ca, order.seed);
  try {
    const { latency, ...round } =
      order.rate === undefined
        ? await closedLoop({ workers: order.workers, seconds: order.seconds, operation: () => desk.receive() })
        : await openLoop({ rate: order.rate, seconds: order.seconds, operation: () => desk.receive(), most: 2_000 });
    return { ...round, hdr: encodeHistogram(latency!) };
  } finally {
    desk.close();
  }
}

serveChild({
  start: async (data: { tokens: string[]; receivedAt: string }) => {
    ({ tokens, receivedAt } = data);
  },
  methods: { run },
});
