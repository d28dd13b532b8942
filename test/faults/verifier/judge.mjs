import { checkBus, whoIsBehind } from './bus-checks.mjs';
import { checkFolds } from './fold-checks.mjs';
import { commandsOfClient, JournalReader } from './journal.mjs';
import { checkLogs } from './log-checks.mjs';
import { DatabaseReader } from './read-databases.mjs';
import { TopicReader } from './read-topics.mjs';
import { checkRun } from './run-checks.mjs';

const POLL_EVERY_MS = 60;
/** Also while something still moves everything is looked at this often: rest may be judged wrongly, violations not. */
const LOOK_EVERY_MS = 3_000;
/** What cannot be read for longer than this is a fault of its own. */
const BROKEN_MS = 20_000;
const TOPICS_WITHIN_MS = 20_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Judges one system again and again. What it has read once it keeps; at each look the databases say by a fingerprint
 * over every row whether what was read is still what is there, and what is not is read anew.
 */
export class Judge {
  #databases;
  #topics;
  #client;
  #run;

  /**
   * @param {object} system
   * @param {string} system.databaseUrl
   * @param {string[]} system.brokers
   * @param {string} [system.clientJournal]  path
   * @param {string} [system.runJournal]  path
   */
  constructor({ databaseUrl, brokers, clientJournal, runJournal }) {
    this.#databases = new DatabaseReader(databaseUrl);
    this.#topics = new TopicReader(brokers);
    this.#client = new JournalReader(clientJournal);
    this.#run = new JournalReader(runJournal);
  }

  /**
   * Relays and projections follow after the commands: they have `settleMs` to come to rest. What is wrong then is wrong;
   * a loss, a gap or a repeat does not heal by waiting.
   * @param {object} options
   * @param {number} [options.sinceMs]  answers and recoveries from before this moment are not judged again
   * @param {number} [options.settleMs]
   * @param {string[]} [options.mayBeParked]
   * @param {boolean} [options.whole]  forgets what was read before and reads everything from the beginning
   */
  async verify({ sinceMs = 0, settleMs = 20_000, mayBeParked = [], whole = false }) {
    if (whole) {
      this.#databases.forget();
      this.#topics.forget();
    }
    const began = performance.now();
    const sinceBegin = () => Math.round(performance.now() - began);
    let lookedAt = began;
    let waitedFor = [];
    for (;;) {
      try {
        const isDue = sinceBegin() > settleMs || performance.now() - lookedAt > LOOK_EVERY_MS;
        const behind = isDue ? [] : await this.#whoIsBehind();
        if (behind.length > 0) waitedFor = behind;
        if (behind.length === 0) {
          const settledAfterMs = sinceBegin();
          const result = await this.look({ sinceMs, mayBeParked });
          lookedAt = performance.now();
          if (!result.mayHeal || settledAfterMs > settleMs) return { ...result, settledAfterMs, waitedFor };
        }
      } catch (error) {
        // A broker that has just made its topics, a server that has just come back: looked at again, within the time.
        await this.#databases.disconnect();
        if (sinceBegin() > settleMs + BROKEN_MS) throw error;
      }
      await pause(POLL_EVERY_MS);
    }
  }

  /** Relays and consumers that have not come to the ends of what they read: until none is left a look is not worth its cost. */
  async #whoIsBehind() {
    const state = await this.#databases.places();
    await this.#topics.upToDate(TOPICS_WITHIN_MS, { known: true });
    return whoIsBehind({ ...state, lastFirsts: this.#topics.lastFirsts() });
  }

  /**
   * All checks on what is there now.
   * @param {object} options
   * @param {{client?: object[], run?: object[]}} [options.more]  entries that stand for the end of the journals
   * @param {import('pg').ClientBase} [options.session]  reads through this open transaction, as its statements left things
   */
  async look({ sinceMs = 0, mayBeParked = [], more = {}, session }) {
    const client = [...this.#client.entries(), ...(more.client ?? [])];
    const run = [...this.#run.entries(), ...(more.run ?? [])];
    const commands = commandsOfClient(client);
    const databases = await this.#databases.read(session);
    // After the databases: what they hold is on the bus by then, or it is late.
    const ends = await this.#topics.upToDate(TOPICS_WITHIN_MS);
    const deaths = run.filter(({ kind, at }) => kind === 'death' && at >= sinceMs);
    const bus = checkBus({ databases, partitions: this.#topics.partitions, ends, mayBeParked, deaths });
    const ran = checkRun({ client, run, sinceMs });
    const ofState = [...checkLogs({ databases, commands }), ...bus.faults, ...checkFolds({ databases })];
    const violations = [...ofState, ...ran.faults];
    return {
      ok: violations.length === 0,
      // What is wrong with the state may be on its way; what was late was late.
      mayHeal: ofState.length > 0,
      violations,
      counts: {
        commands: commands.size,
        acked: [...commands.values()].filter(({ acked }) => acked).length,
        events: Object.values(databases.logs).reduce((sum, log) => sum + log.events.length, 0),
        records: [...this.#topics.partitions.values()].reduce((sum, records) => sum + records.length, 0),
        repeats: bus.repeats,
      },
      mostAfterDeath: bus.mostAfterDeath,
      slowestMs: ran.slowestMs,
      worstRecoveryMs: ran.worstRecoveryMs,
      mostMemoryMb: ran.mostMemoryMb,
    };
  }

  async close() {
    await Promise.all([this.#databases.disconnect(), this.#topics.close()]);
  }
}
