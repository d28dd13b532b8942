import { decodeHistogram } from '../../harness/latency.js';
import type { Child } from '../../harness/child.js';
import { UNITS } from './picture.js';
import type { BenchContext, Params, Round, Scale, Variant, Workload } from '../../harness/types.js';

const PEER = 'nest-sse';
const STALLED = 20;
const CLIENTS: Record<Scale, number[]> = { S: [1_000, 5_000], M: [1_000, 5_000, 10_000], L: [10_000] };

/** One server with its clients. Each publication is delivered to all before the next one. */
async function streaming(
  context: BenchContext,
  name: Variant['name'],
  program: string,
  clients: number,
): Promise<Variant> {
  const server = await context.child(program, { data: { byUnit: UNITS } });
  const client: Child = await context.child('workloads/server-sent-events/client');
  const { port } = server.started as { port: number };
  let kbEach: number | undefined;
  let turn = 0;
  let missed = 0;
  let delivered = 0;

  const publish = async (seconds: number): Promise<{ ops: number; seconds: number }> => {
    await client.call('begin');
    const started = performance.now();
    let ops = 0;
    while (performance.now() - started < seconds * 1000) {
      turn += 1;
      await client.call('expect', turn);
      await server.call('publish', turn);
      if (!(await client.call<boolean>('arrived'))) missed += 1;
      ops += clients;
    }
    delivered += ops;
    return { ops, seconds: (performance.now() - started) / 1000 };
  };
  const p99 = async (): Promise<number> =>
    decodeHistogram(await client.call<string>('latency')).getValueAtPercentile(99);

  /** Connects all clients; memory of the server for each, in kB. */
  const opening = async (): Promise<number> => {
    const before = await server.call<number>('rss');
    const opened = await client.call<number>('open', { port, clients });
    return ((await server.call<number>('rss')) - before) / 1024 / opened;
  };

  return {
    name,
    pids: () => [server.pid, client.pid],
    round: async ({ seconds }): Promise<Round> => {
      // They stay from round to round, as readers of a dashboard do.
      kbEach ??= await opening();
      const round = await publish(seconds);
      const latency = decodeHistogram(await client.call<string>('latency'));
      const alone = await p99();
      await client.call('stall', { port, clients: STALLED });
      await publish(seconds / 2);
      const beside = await p99();
      await client.call('release');
      return { ...round, latency, extra: { kb_client: kbEach, stalled_p99_ratio: beside / alone } };
    },
    check: () => Promise.resolve({ ok: missed === 0, missed, delivered }),
  };
}

/** Server-sent events to many clients: one message to all, again and again; the price of a client that stalls. */
export const serverSentEvents: Workload = {
  id: 'B12',
  unit: 'messages delivered',
  title: 'Server-sent events to many clients',
  peers: true,
  seconds: { S: 1.5, M: 6 },
  peerSeconds: { S: 1 },
  points: (scale) => CLIENTS[scale].map((clients) => ({ clients })),
  open: async (context, params: Params) => {
    const clients = Number(params['clients']);
    const folder = 'workloads/server-sent-events';
    return {
      note: `messages of about 5 kB; extra.stalled_p99_ratio is the p99 beside ${STALLED} clients that take nothing`,
      variants: [
        await streaming(context, 'floor', `${folder}/floor-server`, clients),
        await streaming(context, 'ours', `${folder}/ours-server`, clients),
        await streaming(context, `peer:${PEER}@${context.peerVersion('@nestjs/core')}`, `peers/${PEER}`, clients),
      ],
      close: () => Promise.resolve(),
    };
  },
};
