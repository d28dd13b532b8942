import type { AddressInfo } from 'node:net';
import { createServer } from 'node:https';
import { describe, expect, it } from '@jest/globals';
import { HttpConnection } from '../../harness/http-client.js';
import { selfMadeCertificate } from './certificate.js';

describe('the certificate that a benchmark makes itself', () => {
  it('is good for localhost and known only to who was given it', async () => {
    const tls = selfMadeCertificate();
    const server = createServer(tls, (request, response) => {
      request.resume().on('end', () => response.end('answered'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const known = new HttpConnection(port, tls.cert);
    const stranger = new HttpConnection(port, selfMadeCertificate().cert);
    const request = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n';
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await known.send(request, 'a')).toMatchObject({ status: 200, body: Buffer.from('answered') });
    }
    await expect(stranger.send(request, 'a')).rejects.toThrow(/self.signed|verify/i);
    known.close();
    stranger.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
