import { createServer, type Server } from 'node:http';
import { fixedClock } from '@app/event-store';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { TokenVerifier } from './token-verifier.js';

type Key = Awaited<ReturnType<typeof generateKeyPair>>;

interface Issuer {
  issuer: string;
  jwksUri: string;
  key: Key;
  alg: string;
}

const clock = fixedClock('2026-11-21T08:00:00+07:00');
const seconds = (): number => Math.floor(clock.now().getTime() / 1000);

describe('a token', () => {
  let server: Server;
  let address: string;
  let asked = 0;
  let own: Issuer;
  let province: Issuer;
  let verifier: TokenVerifier;

  beforeAll(async () => {
    const keys = { own: await generateKeyPair('RS256'), province: await generateKeyPair('ES256') };
    server = createServer((request, response) => {
      asked += 1;
      const name = request.url!.slice(1) as 'own' | 'province';
      void exportJWK(keys[name].publicKey).then((jwk) =>
        response.end(JSON.stringify({ keys: [{ ...jwk, kid: name }] })),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    own = { issuer: 'http://own/oidc', jwksUri: `${address}/own`, key: keys.own, alg: 'RS256' };
    province = { issuer: 'https://sso.tayninh', jwksUri: `${address}/province`, key: keys.province, alg: 'ES256' };
    verifier = new TokenVerifier({
      issuers: [own, province, { issuer: 'http://away', jwksUri: 'http://127.0.0.1:1/jwks' }],
      audience: 'urn:tinbao:api',
      clock,
    });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const token = (
    { issuer, key, alg }: Issuer,
    claims: JWTPayload = {},
    kid = issuer === own.issuer ? 'own' : 'province',
  ) =>
    new SignJWT({ sub: 'canbo', aud: 'urn:tinbao:api', exp: seconds() + 600, iss: issuer, ...claims })
      .setProtectedHeader({ alg, kid })
      .sign(key.privateKey);

  it('of any configured issuer says who its bearer is', async () => {
    const claims = { name: 'Cán bộ', roles: ['intake_officer'], units: ['PC-80-25459'] };
    const bearer = { id: 'canbo', name: 'Cán bộ', roles: ['intake_officer'], units: ['PC-80-25459'] };
    expect(await verifier.verify(await token(own, claims))).toEqual(bearer);
    expect(await verifier.verify(await token(province, claims))).toEqual(bearer);
  });

  it('of Keycloak carries roles in its realm, and units as words', async () => {
    const claims = { realm_access: { roles: ['leader'] }, units: 'PC-80, VKS-80' };
    expect(await verifier.verify(await token(province, claims))).toEqual({
      id: 'canbo',
      name: 'canbo',
      roles: ['leader'],
      units: ['PC-80', 'VKS-80'],
    });
  });

  it('cannot bring a unit that is not a unit code', async () => {
    const { units } = await verifier.verify(await token(own, { units: ['PC-80', `x'; --`, 'pc', 'A,B', '*'] }));
    expect(units).toEqual(['PC-80', '*']);
  });

  it('is refused when expired, also when it was accepted before', async () => {
    const short = await token(own, { exp: seconds() + 60 });
    await verifier.verify(short);
    clock.advance(61_000);
    await expect(verifier.verify(short)).rejects.toMatchObject({ status: 401, code: 'TokenExpired' });
    await expect(verifier.verify(await token(own, { exp: seconds() - 60 }))).rejects.toMatchObject({
      code: 'TokenExpired',
    });
  });

  it('is refused for another audience, from another issuer, with another key, or unsigned', async () => {
    const stranger = { ...own, issuer: 'http://stranger' };
    const forged = { ...own, key: await generateKeyPair('RS256') };
    const [, payload] = (await token(own)).split('.');
    const bad = [
      await token(own, { aud: 'tinbao-web' }),
      await token(stranger),
      await token(forged),
      await token({ ...province, issuer: own.issuer }, {}, 'province'),
      await token(own, { sub: '' }),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      'nonsense',
    ];
    for (const one of bad)
      await expect(verifier.verify(one)).rejects.toMatchObject({ status: 401, code: 'TokenInvalid' });
  });

  it('is not judged while the keys of its issuer cannot be read', async () => {
    await expect(verifier.verify(await token({ ...own, issuer: 'http://away' }))).rejects.toMatchObject({
      status: 503,
      code: 'Unavailable',
    });
  });

  it('costs no further reading of keys', async () => {
    const before = asked;
    for (let i = 0; i < 20; i += 1) await verifier.verify(await token(own, { jti: String(i) }));
    expect(asked).toBe(before);
  });
});
