import { createCipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import { createPool } from '@app/event-store';
import fastify, { type FastifyInstance } from 'fastify';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { Pool } from 'pg';
import { serveChild } from '../../harness/child.js';
import type { ServerOrder } from './ours-server.js';
import { AUDIENCE } from './requests.js';

/**
 * The floor of B4: Fastify and SQL written by hand, doing the same durable writes for the same answer: key, informant,
 * access record, event, idempotency key, register number without gaps, row of the list. No framework, no read-back, no
 * projections. Requests that arrive while a statement is under way go together in the next one.
 */
const SCHEMA = `
  CREATE TABLE events (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(), gp bigint GENERATED ALWAYS AS IDENTITY, id uuid NOT NULL,
    stream text COLLATE "C" NOT NULL, version int NOT NULL, type text COLLATE "C" NOT NULL, data jsonb NOT NULL,
    meta jsonb NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (xid, gp), UNIQUE (stream, version));
  CREATE TABLE commands (key text COLLATE "C" PRIMARY KEY, fingerprint text NOT NULL, stream text NOT NULL);
  CREATE TABLE series (series text COLLATE "C", year int, last int NOT NULL, PRIMARY KEY (series, year));
  CREATE TABLE keys (tip_id uuid PRIMARY KEY, wrapped_key bytea NOT NULL, created_at timestamptz DEFAULT now());
  CREATE TABLE informants (tip_id uuid PRIMARY KEY REFERENCES keys, sealed text NOT NULL);
  CREATE TABLE access_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, actor_id text NOT NULL,
    role text NOT NULL, unit text NOT NULL, tip_id uuid NOT NULL, what text NOT NULL);
  CREATE TABLE tips (
    tip_id uuid PRIMARY KEY, number int NOT NULL, year int NOT NULL, status text NOT NULL, kind text NOT NULL,
    channel text NOT NULL, received_at timestamptz NOT NULL, received_by text NOT NULL, unit_code text NOT NULL,
    supervised_by text NOT NULL, commune_code text, category text, article int, clause int,
    informant_given boolean NOT NULL, version int NOT NULL);
  CREATE INDEX ON tips (received_at DESC, tip_id DESC);
  CREATE INDEX ON tips (unit_code, received_at DESC, tip_id DESC);
  CREATE INDEX ON tips (number, year);
`;

const RECEIVE = `
  WITH r AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS r(
      ord int, tip_id uuid, id uuid, wrapped text, informant text, key text, fingerprint text, unit text, year int,
      actor text, data jsonb, meta jsonb)
  ), given AS (
    INSERT INTO series AS s (series, year, last)
    SELECT unit, year, count(*) FROM r GROUP BY unit, year ORDER BY unit, year
    ON CONFLICT (series, year) DO UPDATE SET last = s.last + excluded.last RETURNING series, year, last
  ), n AS MATERIALIZED (
    SELECT r.*, (given.last - count(*) OVER (PARTITION BY unit, r.year)
      + row_number() OVER (PARTITION BY unit, r.year ORDER BY ord))::int AS number
    FROM r JOIN given ON given.series = r.unit AND given.year = r.year
  ), k AS (
    INSERT INTO keys (tip_id, wrapped_key) SELECT tip_id, decode(wrapped, 'base64') FROM r
  ), i AS (
    INSERT INTO informants SELECT tip_id, informant FROM r WHERE informant IS NOT NULL
  ), a AS (
    INSERT INTO access_log (at, actor_id, role, unit, tip_id, what)
    SELECT now(), actor, 'intake_officer', unit, tip_id, 'content.read' FROM r
  ), c AS (
    INSERT INTO commands SELECT key, fingerprint, 'crime-tip-' || tip_id FROM r
  ), e AS (
    INSERT INTO events (id, stream, version, type, data, meta)
    SELECT id, 'crime-tip-' || tip_id, 1, 'CrimeTipReceived',
      data || jsonb_build_object('registerNumber', jsonb_build_object('number', number, 'year', year)), meta
    FROM n ORDER BY ord
  ), t AS (
    INSERT INTO tips
    SELECT tip_id, number, year, 'received', data->>'kind', data->>'channel', (data->>'receivedAt')::timestamptz, actor,
      unit, 'VKS-80', data->>'communeCode', data->>'category', (data#>>'{offence,article}')::int,
      (data#>>'{offence,clause}')::int, informant IS NOT NULL, 1 FROM n
  )
  SELECT ord, number FROM n`;

interface TipBody {
  kind: string;
  channel: string;
  receivedAt: string;
  content: string;
  unitCode: string;
  informant?: object;
}

interface Waiting {
  row: Record<string, unknown>;
  resolve: (number: number) => void;
  reject: (fault: unknown) => void;
}

const MOST_AT_ONCE = 200;
const STATEMENTS_UNDER_WAY = 2;

/** Sends what is waiting as soon as a statement is free. */
class Writer {
  #waiting: Waiting[] = [];
  #underWay = 0;

  constructor(private readonly pool: Pool) {}

  write(row: Record<string, unknown>): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      if (this.#underWay < STATEMENTS_UNDER_WAY) void this.#next();
    });
  }

  async #next(): Promise<void> {
    this.#underWay += 1;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      try {
        const { rows } = await this.pool.query<{ ord: number; number: number }>({
          name: 'receive',
          text: RECEIVE,
          values: [JSON.stringify(batch.map(({ row }, ord) => ({ ...row, ord })))],
        });
        for (const { ord, number } of rows) batch[ord]!.resolve(number);
      } catch (fault) {
        for (const { reject } of batch) reject(fault);
      }
    }
    this.#underWay -= 1;
  }
}

function seal(key: Buffer, text: string | Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

const BODY = {
  type: 'object',
  required: ['kind', 'channel', 'receivedAt', 'content', 'unitCode'],
  additionalProperties: false,
  properties: {
    kind: { enum: ['denunciation', 'report', 'recommendation'] },
    channel: { type: 'string', maxLength: 20 },
    receivedAt: { type: 'string', format: 'date-time' },
    content: { type: 'string', minLength: 1, maxLength: 20_000 },
    unitCode: { type: 'string', minLength: 1, maxLength: 50 },
    communeCode: { type: 'string', pattern: '^\\d{5}$' },
    category: { type: 'string', maxLength: 50 },
    offence: { type: 'object', properties: { article: { type: 'integer' }, clause: { type: 'integer' } } },
    informant: { type: 'object', additionalProperties: { type: 'string', maxLength: 1000 } },
  },
};

const OPTIONS = { logger: false, bodyLimit: 1_048_576 };
const apps: FastifyInstance[] = [];
let pool: Pool;

async function start(order: ServerOrder): Promise<{ port: number; tlsPort: number }> {
  pool = createPool(order.databaseUrl, { max: STATEMENTS_UNDER_WAY });
  await pool.query(SCHEMA);
  const writer = new Writer(pool);
  const master = Buffer.from(order.masterKey, 'base64');
  const keys = createRemoteJWKSet(new URL(order.jwksUri));
  const officers = new Map<string, { id: string; units: string[]; until: number }>();

  const officerOf = async (header: string | undefined) => {
    const token = header?.slice('Bearer '.length) ?? '';
    const known = officers.get(token);
    if (known && known.until > Date.now()) return known;
    const { payload } = await jwtVerify(token, keys, { issuer: order.issuer, audience: AUDIENCE });
    const officer = { id: payload.sub!, units: payload['units'] as string[], until: payload.exp! * 1000 };
    officers.set(token, officer);
    return officer;
  };

  const receiveAt = async (app: FastifyInstance): Promise<number> => {
    app.post<{ Body: TipBody }>('/api/tips', { schema: { body: BODY } }, async (request, reply) => {
      const { body, headers } = request;
      const officer = await officerOf(headers.authorization);
      if (!officer.units.includes(body.unitCode)) return reply.code(403).send({ code: 'Forbidden' });
      const { content, informant, ...rest } = body;
      const tipId = randomUUID();
      const key = randomBytes(32);
      const number = await writer.write({
        tip_id: tipId,
        id: randomUUID(),
        wrapped: seal(master, key).toString('base64'),
        informant: informant ? seal(key, JSON.stringify(informant)).toString('base64url') : null,
        key: `${officer.id}:${String(headers['idempotency-key'])}`,
        fingerprint: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
        unit: body.unitCode,
        year: Number(body.receivedAt.slice(0, 4)),
        actor: officer.id,
        data: { ...rest, tipId, content: seal(key, content).toString('base64url'), receivedBy: officer.id },
        meta: { actor: { id: officer.id, role: 'intake_officer', unit: body.unitCode }, happenedAt: body.receivedAt },
      });
      return reply
        .code(201)
        .header('location', `/api/tips/${tipId}`)
        .send({ id: tipId, number, ...body });
    });
    apps.push(app);
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as { port: number }).port;
  };
  return {
    port: await receiveAt(fastify(OPTIONS)),
    tlsPort: await receiveAt(fastify({ ...OPTIONS, https: order.tls }) as unknown as FastifyInstance),
  };
}

serveChild({
  start,
  stop: async () => {
    await Promise.all(apps.map((app) => app.close()));
    await pool.end();
  },
});
