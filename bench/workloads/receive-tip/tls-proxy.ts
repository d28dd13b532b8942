import { connect, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { serveChild } from '../../harness/child.js';
import type { Certificate } from './certificate.js';

/**
 * The proxy in front of the service, where TLS ends in every installation (README, "Running it for real"): the least that one does,
 * each connection's bytes passed on through a connection of its own.
 */
const server = createServer({ noDelay: true }, (outside) => {
  const inside = connect({ port: upstream, host: '127.0.0.1', noDelay: true });
  outside.pipe(inside).pipe(outside);
  const end = (): void => {
    outside.destroy();
    inside.destroy();
  };
  for (const socket of [outside, inside]) socket.on('error', end).on('close', end);
});
let upstream = 0;

serveChild({
  start: async ({ port, tls }: { port: number; tls: Certificate }) => {
    upstream = port;
    server.setSecureContext(tls);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { tlsPort: (server.address() as AddressInfo).port };
  },
});
