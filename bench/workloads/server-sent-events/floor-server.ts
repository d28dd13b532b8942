import { createServer, type ServerResponse } from 'node:http';
import { serveChild } from '../../harness/child.js';
import { picture } from './picture.js';

/** The least: keep the answers open, write the same bytes to each in a loop. */
const clients = new Set<ServerResponse>();
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 2000\n\n');
  clients.add(response);
  response.on('close', () => clients.delete(response));
});

serveChild({
  start: async () => {
    await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 }, resolve));
    return { port: (server.address() as { port: number }).port };
  },
  stop: async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
  methods: {
    publish: async (turn: number) => {
      const frame = Buffer.from(`id: ${turn}\nevent: dashboard\ndata: ${picture(turn)}\n\n`);
      for (const client of clients) client.write(frame);
      await Promise.resolve();
    },
    rss: () => Promise.resolve(process.memoryUsage().rss),
  },
});
