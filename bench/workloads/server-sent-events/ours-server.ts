import fastify from 'fastify';
import { DashboardTopics } from '../../../apps/statistics/src/dashboard/dashboard-topics.js';
import { EventStreams, lastEventIdIn } from '../../../apps/statistics/src/dashboard/event-stream.js';
import type { EventStream } from '../../../apps/statistics/src/dashboard/event-stream.js';
import { serveChild } from '../../harness/child.js';
import { picture } from './picture.js';

const HOUR_MS = 3_600_000;

/** The live dashboard's topics and streams as its controller joins them, without sign-in and database. */
const app = fastify();
const streams = new EventStreams();
let published = 0;
const topics = new DashboardTopics({
  minIntervalMs: 0,
  firstId: 1,
  onFault: (error) => process.stderr.write(`${error.message}\n`),
});
const source = {
  compute: () => {
    const body = picture(published);
    return Promise.resolve({ body, meaning: String(published), units: null });
  },
};

app.get('/live', async (request, reply) => {
  const opened: { stream?: EventStream } = {};
  const { message, end } = await topics.follow('nation', source, (next) => opened.stream?.send(next));
  reply.hijack();
  const lastEventId = lastEventIdIn(request.headers['last-event-id']) === message.id ? message.id : null;
  opened.stream = streams.open(reply.raw, { endsInMs: HOUR_MS, lastEventId }, end);
  opened.stream.send(message);
});

serveChild({
  start: async () => {
    await app.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 });
    return { port: (app.server.address() as { port: number }).port };
  },
  stop: async () => {
    topics.stop();
    streams.close();
    app.server.closeAllConnections();
    await app.close();
  },
  methods: {
    publish: async (turn: number) => {
      published = turn;
      topics.changed(['*']);
      await Promise.resolve();
    },
    rss: () => Promise.resolve(process.memoryUsage().rss),
  },
});
