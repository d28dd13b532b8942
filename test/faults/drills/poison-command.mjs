import pg from 'pg';
import { deskOf, done } from './desk.mjs';
import { medianOf, ratioOf } from './measure.mjs';

/** What neighbours of a poisoned command may take, beside what the same commands take without one. */
const MOST_TIMES = 3;

/**
 * F13: commands that the database or the log must turn away arrive in the middle of good ones, close enough to be
 * written together: a NUL in a text, a conflict of versions, a body of the greatest size, a wrong type. Only they fail,
 * and their neighbours hardly wait for it.
 */
export const f13 = {
  id: 'F13',
  title: 'poison command among good ones: NUL, oversize, wrong type, version conflict',
  targets: ['I1', 'I2', 'I3', 'I4'],
  counts: { quick: 10, ci: 20, night: 500 },
  async round({ system, client, random, violated, notes, seed }) {
    const desk = deskOf(client, `f13-${seed}`);
    const target = (await done(desk.receive('target'))).id;
    const poisons = random.shuffled([
      ['NUL', () => desk.receive('nul', { content: 'a\u0000b' }), [400, 422, 201]],
      [
        'NUL in an event',
        () => desk.classify(target, 'nul', { offence: { article: 173, clause: 1, point: 'a\u0000' } }),
        [400, 422],
      ],
      ['NUL in a decision', () => desk.openCase('nul', { category: 'the\u0000ft' }), [400, 422]],
      ['oversize', () => desk.receive('oversize', { content: 'ă'.repeat(2_000_000) }), [400, 413]],
      ['wrong type', () => desk.openCase('type', { accusedCount: 'many' }), [400]],
      ['out of range', () => desk.openCase('range', { accusedCount: 99_999_999_999 }), [400, 422]],
      ['conflict', () => desk.classify(target, 'conflict', {}, { 'if-match': '"7"' }), [412]],
    ]);
    const count = random.whole(12, 24);
    // The same desks alone, once before and once after: what a machine does meanwhile must not count as the poison's.
    const before = await client.burst(count);
    const neighbours = client.burst(count);
    const answers = await Promise.all(
      poisons.map(([, send]) => send().catch((error) => ({ status: 0, body: error.message }))),
    );
    const beside = await neighbours;
    const alone = [...before, ...(await client.burst(count))];
    notes.aloneMs = medianOf(alone);
    notes.besideMs = medianOf(beside);
    for (const [index, [name, , allowed]] of poisons.entries()) {
      const { status, body } = answers[index];
      notes[name] = status;
      if (!allowed.includes(status))
        violated('I4', `${name} was answered ${status} ${JSON.stringify(body)?.slice(0, 200)}`, name);
    }
    const left = (await recordedKeys(system.databaseUrl, desk.keys)).filter((key) => !key.endsWith('-target'));
    const good = poisons.filter(([name], index) => name === 'NUL' && answers[index].status === 201).length;
    if (left.length > good) violated('I2', `refused commands left something: ${left.join()}`, 'commands');
  },
  conclude(rounds) {
    const { text, isAbove } = ratioOf(rounds, 'besideMs', 'aloneMs');
    return {
      measured: `neighbours ${text} (at most ${MOST_TIMES})`,
      violations: isAbove(MOST_TIMES) ? [{ invariant: 'I12', what: `neighbours took ${text}`, where: 'F13' }] : [],
    };
  },
};

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
