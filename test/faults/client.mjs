import { setTimeout as pause } from 'node:timers/promises';

/** A command whose outcome is not known is sent again under its key for this long at most, on a machine at rest. */
const INSIST_MS = 15_000;
/** Longer than any answer may take: what comes later than 5 s is a violation, this only ends the waiting. */
const GIVE_UP_ATTEMPT_MS = 30_000;
const RETRY_AFTER_MS = 150;
const HOUR_MS = 3_600_000;

const moment = (ms) => `${new Date(ms + 7 * HOUR_MS).toISOString().slice(0, 19)}+07:00`;

/**
 * Desks at work: issues commands over HTTP at a rate, writes each intent to its journal before it is sent and each
 * answer after it came, and repeats under the same key what it got no answer for. The journal is what the verifier
 * holds the system to.
 */
export class DeskClient {
  #url;
  #journal;
  #random;
  #tokens = new Map();
  #inFlight = new Set();
  #running = false;
  #loop = Promise.resolve();
  #sequence = 0;
  /** Matters that have no command under way, by what may be done next. */
  #ready = { received: [], classified: [], accepted: [], assigned: [], opened: [] };
  /** How long a command is repeated at least: longer where a service needs longer to start (I1, F1). */
  insistMs = INSIST_MS;
  counts = { sent: 0, acked: 0, refused: 0, gaveUp: 0, repeated: 0 };

  /**
   * @param {object} options
   * @param {string} options.url  origin of the system
   * @param {import('./journal.mjs').Journal} options.journal
   * @param {ReturnType<typeof import('./random.mjs').randomOf>} options.random
   * @param {string} options.name  first part of every key: names this run
   */
  constructor({ url, journal, random, name }) {
    this.#url = url;
    this.#journal = journal;
    this.#random = random;
    this.name = name;
  }

  /** Begins to issue about `rate` commands a second, at most `most` of them under way. */
  start({ rate = 100, most = 48 } = {}) {
    if (this.#running) return;
    this.#running = true;
    this.#loop = (async () => {
      const began = performance.now();
      let due = 0;
      while (this.#running) {
        const wanted = ((performance.now() - began) / 1000) * rate;
        while (due < wanted) {
          due += 1;
          // Desks that wait for an answer send nothing else: load that cannot be taken is not piled up.
          if (this.#inFlight.size < most) this.#track(this.#next());
        }
        await pause(5);
      }
    })();
  }

  /** Stops issuing and waits until every command under way has its answer, or was given up. */
  async rest() {
    this.#running = false;
    await this.#loop;
    while (this.#inFlight.size > 0) await Promise.allSettled([...this.#inFlight]);
  }

  get underWay() {
    return this.#inFlight.size;
  }

  /**
   * Issues `count` commands, all at once, and waits for their answers.
   * @returns {Promise<number[]>} how long each took, in milliseconds
   */
  async burst(count) {
    const took = [];
    const timed = async (work) => {
      const began = performance.now();
      await work;
      took.push(performance.now() - began);
    };
    for (let index = 0; index < count; index += 1) this.#track(timed(this.#next()));
    await Promise.allSettled([...this.#inFlight]);
    return took;
  }

  /** One request as a machine client, without journal; for setting up. */
  async call(client, method, path, body, headers = {}) {
    const isForm = body instanceof FormData;
    const answer = await fetch(new URL(path, this.#url), {
      method,
      headers: {
        authorization: `Bearer ${await this.#token(client)}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(GIVE_UP_ATTEMPT_MS),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? null : JSON.parse(text) };
  }

  #track(work) {
    const tracked = work
      .catch((error) => this.#journal.note({ kind: 'fault-of-client', error: error.stack }))
      .finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }

  /** The next act of some matter, or a new matter. */
  async #next() {
    const { received, classified, accepted, assigned, opened } = this.#ready;
    const draw = this.#random.next();
    if (draw < 0.24 && received.length > 0) return this.#classify(received.shift());
    if (draw < 0.36 && classified.length > 0) return this.#accept(classified.shift());
    if (draw < 0.46 && accepted.length > 0) return this.#assign(accepted.shift());
    if (draw < 0.54 && assigned.length > 0) return this.#decide(assigned.shift());
    if (draw < 0.58 && opened.length > 0) return this.#conclude(opened.shift());
    if (draw < 0.64) return this.#openCase();
    return this.#receive();
  }

  async #receive() {
    const atDesk = this.#random.chance(0.4);
    const by = atDesk ? 'desk' : 'investigator';
    // Hours since receipt are counted from here on, so that each act follows the one before.
    const receivedMs = Date.now() - this.#random.whole(101, 240) * HOUR_MS;
    const answer = await this.#command(by, 'receive', '/api/tips', {
      kind: this.#random.pick(['denunciation', 'report', 'recommendation']),
      channel: 'counter',
      receivedAt: moment(receivedMs),
      content: `Tin số ${this.#sequence}`,
      unitCode: atDesk ? 'PC-80-25459' : 'PC-80',
      offence: { article: 173, clause: 1 },
    });
    if (answer) this.#ready.received.push({ id: answer.id, by, receivedMs });
  }

  async #classify(tip) {
    const answer = await this.#act(tip, 'classify', 1, {
      competent: true,
      urgent: this.#random.chance(0.2),
      category: this.#random.pick(['theft', 'injury', 'gambling', 'drugs']),
    });
    // The commune's own desk hands nothing on in this story; the provincial body takes its tips to their end.
    if (answer && tip.by === 'investigator') this.#ready.classified.push(tip);
  }

  async #accept(tip) {
    if (await this.#act(tip, 'accept', 2, {})) this.#ready.accepted.push(tip);
  }

  async #assign(tip) {
    const body = { investigator: 'dieutravien', decision: this.#decisionOn(tip, 3) };
    if (await this.#act(tip, 'assign', 3, body)) this.#ready.assigned.push(tip);
  }

  async #decide(tip) {
    const decision = this.#decisionOn(tip, 4);
    if (this.#random.chance(0.5)) {
      await this.#act(tip, 'initiate', 4, { offence: { article: 173, clause: 1 }, category: 'theft', decision });
    } else {
      await this.#act(tip, 'decline-to-initiate', 4, { administrativeReferral: false, decision });
    }
  }

  async #openCase() {
    const initiatedMs = Date.now() - this.#random.whole(60, 200) * HOUR_MS;
    const answer = await this.#command('investigator', 'open-case', '/api/cases', {
      unitCode: 'PC-80',
      initiatedAt: moment(initiatedMs),
      category: 'theft',
      offence: { article: 173, clause: 1 },
      accusedCount: this.#random.whole(0, 3),
    });
    if (answer) this.#ready.opened.push({ id: answer.id, receivedMs: initiatedMs });
  }

  async #conclude(opened) {
    await this.#command('investigator', 'conclude', `/api/cases/${opened.id}/conclude-investigation`, {
      happenedAt: moment(opened.receivedMs + 20 * HOUR_MS),
      proposesProsecution: true,
    });
  }

  #decisionOn(tip, hours) {
    return { number: 'QĐ-1', signedOn: moment(tip.receivedMs + hours * HOUR_MS).slice(0, 10), signer: 'Trần Văn Thủ' };
  }

  #act(tip, act, hours, body) {
    return this.#command(tip.by, act, `/api/tips/${tip.id}/${act}`, {
      happenedAt: moment(tip.receivedMs + hours * HOUR_MS),
      ...body,
    });
  }

  /** Sends a command until it is answered. @returns the answer's body when it was acknowledged */
  async #command(by, act, path, body) {
    const key = `${this.name}-${(this.#sequence += 1)}`;
    const repeats = this.#random.next();
    const began = performance.now();
    this.counts.sent += 1;
    this.#journal.note({ kind: 'intent', key, by, act, path });
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(key, by, path, body);
      if (outcome.state === 'acked') {
        this.counts.acked += 1;
        const { id, registerNumber } = outcome.body;
        const tookMs = Math.round(performance.now() - began);
        this.#journal.note({ kind: 'acked', key, id, registerNumber, attempts: attempt, tookMs });
        await this.#again(repeats, { key, by, path, body });
        return outcome.body;
      }
      if (outcome.state === 'refused') {
        this.counts.refused += 1;
        this.#journal.note({ kind: 'refused', key, status: outcome.status, code: outcome.body?.code });
        return undefined;
      }
      if (performance.now() - began > this.insistMs) {
        this.counts.gaveUp += 1;
        this.#journal.note({ kind: 'gave-up', key, attempts: attempt, last: outcome.why });
        return undefined;
      }
      await pause(RETRY_AFTER_MS);
    }
  }

  /** Now and then a desk sends twice what was answered, or uses a key a second time for something else (I4). */
  async #again(draw, { key, by, path, body }) {
    if (draw > 0.1) return;
    this.counts.repeated += 1;
    const isOther = draw < 0.03;
    const other = { ...body, [path === '/api/cases' ? 'initiatedAt' : 'receivedAt']: moment(Date.now() - HOUR_MS) };
    if (isOther && path !== '/api/tips' && path !== '/api/cases') return;
    const outcome = await this.#attempt(key, by, path, isOther ? other : body);
    if (outcome.state === 'unknown') return;
    const { id, registerNumber } = outcome.body ?? {};
    this.#journal.note({ kind: isOther ? 'misused' : 'repeated', key, status: outcome.status, id, registerNumber });
  }

  async #attempt(key, by, path, body) {
    const began = performance.now();
    const tookMs = () => Math.round(performance.now() - began);
    try {
      const answer = await this.call(by, 'POST', path, body, { 'idempotency-key': key });
      const { status, headers } = answer;
      const retryAfter = headers.get('retry-after');
      this.#journal.note({ kind: 'attempt', key, status, tookMs: tookMs(), ...(retryAfter ? { retryAfter } : {}) });
      if (status < 300) return { state: 'acked', status, body: answer.body };
      if (status === 401) this.#tokens.delete(by);
      // What the server could not do, or says to ask again, is not decided; every other no is.
      const isOpen = status >= 500 || status === 429 || status === 401 || retryAfter !== null;
      return { state: isOpen ? 'unknown' : 'refused', status, body: answer.body, why: `${status}` };
    } catch (error) {
      const why = error.cause?.code ?? error.code ?? error.name;
      this.#journal.note({ kind: 'attempt', key, error: String(why), tookMs: tookMs() });
      return { state: 'unknown', why };
    }
  }

  async #token(client) {
    const known = this.#tokens.get(client);
    if (known) return known;
    const asked = this.#fetchToken(client);
    this.#tokens.set(client, asked);
    asked.catch(() => this.#tokens.delete(client));
    return asked;
  }

  async #fetchToken(client) {
    const answer = await fetch(new URL('/oidc/token', this.#url), {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${client}:${client}-demo`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw Object.assign(new Error(`no token for ${client}: ${answer.status}`), { code: 'NoToken' });
    return (await answer.json()).access_token;
  }
}
