import type { Known } from './statements.js';

/** LISTEN and NOTIFY, as libs/event-store/src/log-signal.ts says them. */
export const signalStatements: readonly Known[] = [
  {
    text: /^LISTEN ([a-z_]+)$/,
    meaning: ([, channel]) =>
      function* ({ tx, session }) {
        tx.journal.push({ kind: 'listen', channel: channel as string, listener: session });
        return {};
      },
  },
  {
    text: /^SELECT pg_notify\(\$1, \$2\)$/,
    meaning: () =>
      function* ({ db, tx, values }) {
        const [channel, payload] = values as [string, string];
        yield 'pause';
        // Telling is writing: for as long as it takes, this transaction holds back the readers of the log.
        db.xidOf(tx);
        tx.journal.push({ kind: 'notify', channel, payload });
        return {};
      },
  },
];
