/** What drills do beside the client: matters of their own, under keys that the verifier does not count as the desks'. */
const HOUR_MS = 3_600_000;
const moment = (ms) => `${new Date(ms + 7 * HOUR_MS).toISOString().slice(0, 19)}+07:00`;

/** Moments of the acts of a matter, hours after its receipt a hundred hours ago. */
const after = (hours) => moment(Date.now() - (100 - hours) * HOUR_MS);

/** @param {import('../client.mjs').DeskClient} client */
export function deskOf(client, name) {
  const send = (key, path, body, headers) =>
    client.call('investigator', 'POST', path, body, {
      'idempotency-key': `setup-${client.name}-${name}-${path.length}-${key}`,
      ...headers,
    });
  return {
    keys: `%:setup-${client.name}-${name}-%`,
    receive: (key, more) =>
      send(key, '/api/tips', {
        kind: 'report',
        channel: 'counter',
        receivedAt: after(0),
        content: 'Thử',
        unitCode: 'PC-80',
        ...more,
      }),
    classify: (id, key, more, headers) =>
      send(
        key,
        `/api/tips/${id}/classify`,
        { happenedAt: after(1), competent: true, urgent: false, category: 'theft', ...more },
        headers,
      ),
    accept: (id, key) => send(key, `/api/tips/${id}/accept`, { happenedAt: after(2) }),
    openCase: (key, more) =>
      send(key, '/api/cases', {
        unitCode: 'PC-80',
        initiatedAt: after(50),
        category: 'theft',
        offence: { article: 173, clause: 1 },
        accusedCount: 0,
        ...more,
      }),
    conclude: (id, key) =>
      send(key, `/api/cases/${id}/conclude-investigation`, { happenedAt: after(60), proposesProsecution: true }),
  };
}

/** The answer's body, where the command must be done. */
export async function done(answering) {
  const { status, body } = await answering;
  if (status >= 300) throw new Error(`a matter of the drill's own was answered ${status} ${JSON.stringify(body)}`);
  return body;
}
