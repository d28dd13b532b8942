import pg from 'pg';

const HOUR_MS = 3_600_000;
const moment = (ms) => `${new Date(ms + 7 * HOUR_MS).toISOString().slice(0, 19)}+07:00`;

/**
 * F13: commands that the database or the log must turn away arrive in the middle of good ones, close enough to be
 * written together: a NUL in a text, a conflict of versions, a body of the greatest size, a wrong type. Only they fail.
 */
export const f13 = {
  id: 'F13',
  title: 'poison command among good ones: NUL, oversize, wrong type, version conflict',
  targets: ['I1', 'I2', 'I3', 'I4'],
  counts: { quick: 6, ci: 20, night: 500 },
  async round({ system, client, random, violated, notes, seed }) {
    const target = await freshTip(client, `${client.name}-f13-${seed}-target`);
    const poisons = random.shuffled([
      ['NUL', () => receive(client, seed, 'nul', { content: 'a\u0000b' }), [400, 422, 201]],
      [
        'NUL in an event',
        () => classify(client, seed, target, 'nul', { offence: { article: 173, clause: 1, point: 'a\u0000' } }),
        [400, 422],
      ],
      ['NUL in a decision', () => openCase(client, seed, 'nul', { category: 'the\u0000ft' }), [400, 422]],
      ['oversize', () => receive(client, seed, 'oversize', { content: 'ă'.repeat(2_000_000) }), [400, 413]],
      ['wrong type', () => openCase(client, seed, 'type', { accusedCount: 'many' }), [400]],
      ['out of range', () => openCase(client, seed, 'range', { accusedCount: 99_999_999_999 }), [400, 422]],
      ['conflict', () => classify(client, seed, target, 'conflict', {}, { 'if-match': '"7"' }), [412]],
    ]);
    const neighbours = client.burst(random.whole(12, 24));
    const answers = await Promise.all(
      poisons.map(([, send]) => send().catch((error) => ({ status: 0, body: error.message }))),
    );
    await neighbours;
    for (const [index, [name, , allowed]] of poisons.entries()) {
      const { status, body } = answers[index];
      notes[name] = status;
      if (!allowed.includes(status))
        violated('I4', `${name} was answered ${status} ${JSON.stringify(body)?.slice(0, 200)}`, name);
    }
    const left = await recordedKeys(system.databaseUrl, `%:setup-${client.name}-f13-${seed}-poison-%`);
    const good = poisons.filter(([name], index) => name === 'NUL' && answers[index].status === 201).length;
    if (left.length > good) violated('I2', `refused commands left something: ${left.join()}`, 'commands');
  },
};

async function freshTip(client, key) {
  const { status, body } = await client.call('investigator', 'POST', '/api/tips', tip({}), {
    'idempotency-key': `setup-${key}`,
  });
  if (status !== 201) throw new Error(`no tip to act on: ${status} ${JSON.stringify(body)}`);
  return body.id;
}

const tip = (more) => ({
  kind: 'report',
  channel: 'counter',
  receivedAt: moment(Date.now() - 100 * HOUR_MS),
  content: 'Thử',
  unitCode: 'PC-80',
  ...more,
});

const send = (client, seed, name, path, body, headers) =>
  client.call('investigator', 'POST', path, body, {
    'idempotency-key': `setup-${client.name}-f13-${seed}-poison-${path.length}-${name}`,
    ...headers,
  });

const receive = (client, seed, name, more) => send(client, seed, name, '/api/tips', tip(more));

const openCase = (client, seed, name, more) =>
  send(client, seed, name, '/api/cases', {
    unitCode: 'PC-80',
    initiatedAt: moment(Date.now() - 50 * HOUR_MS),
    category: 'theft',
    offence: { article: 173, clause: 1 },
    accusedCount: 0,
    ...more,
  });

const classify = (client, seed, id, name, more, headers) =>
  send(
    client,
    seed,
    name,
    `/api/tips/${id}/classify`,
    { happenedAt: moment(Date.now() - 99 * HOUR_MS), competent: true, urgent: false, category: 'theft', ...more },
    headers,
  );

async function recordedKeys(databaseUrl, pattern) {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const { rows } = await database.query(
      `SELECT key FROM intake.commands WHERE key LIKE $1 UNION ALL SELECT key FROM prosecution.commands WHERE key LIKE $1`,
      [pattern],
    );
    return rows.map(({ key }) => key);
  } finally {
    await database.end();
  }
}
