import { connect, createServer } from 'node:net';

/** Types of the frontend messages that matter here (PostgreSQL protocol 3, "Message Formats"). */
const QUERY = 0x51;
const PARSE = 0x50;
const BIND = 0x42;
const SYNC = 0x53;

const APPENDS = /\bappend_[a-z_]+\s*\(/;
const COMMITS = /^\s*commit\b/i;

/**
 * Follows what one client says to PostgreSQL, message by message, and tells when it has said something that commits an
 * append: `COMMIT` after an append in an open transaction, or the Sync after an append that is a transaction of its own.
 */
class FrontendReader {
  #pending = Buffer.alloc(0);
  #isStarted = false;
  #statements = new Map();
  #inTransaction = false;
  #hasAppended = false;
  #appendBound = false;

  /** @returns {number | null} bytes of `chunk` up to and including the message that commits, or null */
  read(chunk) {
    const before = this.#pending.length;
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let from = 0;
    let cutAt = null;
    for (;;) {
      // The first message has no type byte.
      const head = this.#isStarted ? 5 : 4;
      if (this.#pending.length - from < head) break;
      const length = this.#pending.readUInt32BE(from + head - 4) + head - 4;
      if (this.#pending.length - from < length) break;
      const message = this.#pending.subarray(from, from + length);
      from += length;
      if (!this.#isStarted) {
        this.#isStarted = true;
      } else if (this.#commits(message) && cutAt === null) {
        cutAt = from - before;
      }
    }
    this.#pending = Buffer.from(this.#pending.subarray(from));
    return cutAt;
  }

  #commits(message) {
    switch (message[0]) {
      case QUERY: {
        const text = message.toString('utf8', 5, message.length - 1);
        if (/^\s*begin\b/i.test(text)) {
          this.#inTransaction = true;
          this.#hasAppended = false;
        } else if (COMMITS.test(text)) {
          this.#inTransaction = false;
          return this.#hasAppended;
        } else if (/^\s*rollback\s*;?\s*$/i.test(text)) {
          this.#inTransaction = false;
        } else if (APPENDS.test(text)) {
          this.#hasAppended = true;
          return !this.#inTransaction;
        }
        return false;
      }
      case PARSE: {
        const [name, text] = message.toString('utf8', 5).split('\0', 2);
        this.#statements.set(name, APPENDS.test(text));
        return false;
      }
      case BIND: {
        const name = message.toString('utf8', 5).split('\0', 2)[1];
        if (this.#statements.get(name)) {
          this.#hasAppended = true;
          this.#appendBound = true;
        }
        return false;
      }
      case SYNC: {
        const commits = this.#appendBound && !this.#inTransaction;
        this.#appendBound = false;
        return commits;
      }
      default:
        return false;
    }
  }
}

/**
 * Starts a proxy between the services and PostgreSQL. It passes everything on as it is until it is told to cut.
 * @param {{target: () => number}} options  the port of PostgreSQL on this machine
 */
export async function startPostgresProxy({ target }) {
  /** @type {Set<{client: import('node:net').Socket, server: import('node:net').Socket}>} */
  const links = new Set();
  /** How the next commits are cut: `after` they were passed on, or `before`. */
  let armed = [];
  let isRefusing = false;
  const proxy = createServer((client) => {
    if (isRefusing) {
      client.destroy();
      return;
    }
    const server = connect(target(), '127.0.0.1');
    const link = { client, server };
    links.add(link);
    const reader = new FrontendReader();
    let isCut = false;
    const over = () => links.delete(link);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    client.on('close', () => {
      over();
      server.end();
    });
    server.on('close', () => {
      over();
      client.destroy();
    });
    client.on('data', (chunk) => {
      if (isCut) return;
      const end = reader.read(chunk);
      if (end !== null && armed.length > 0) {
        const { how, onCut } = armed.shift();
        isCut = true;
        if (how === 'after') server.end(chunk.subarray(0, end));
        else server.destroy();
        // No answer may slip through: the client's side is gone before PostgreSQL can say anything.
        client.resetAndDestroy();
        onCut();
        return;
      }
      if (!server.write(chunk)) {
        client.pause();
        server.once('drain', () => client.resume());
      }
    });
    server.on('data', (chunk) => {
      if (isCut) return;
      if (!client.write(chunk)) {
        server.pause();
        client.once('drain', () => server.resume());
      }
    });
  });
  await new Promise((resolve, reject) => {
    proxy.once('error', reject);
    proxy.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: proxy.address().port,
    /**
     * Cuts the connection that commits the next append. `after`: PostgreSQL has been sent the commit, its answer is
     * lost; `before`: the commit is lost.
     * @returns {Promise<void>} when it was cut
     */
    cutNextCommit: (how) =>
      new Promise((resolve) => {
        armed.push({ how, onCut: resolve });
      }),
    disarm: () => {
      armed = [];
    },
    links: () => links.size,
    /** While PostgreSQL is down nobody else may be met on its port. */
    refuse: (yes) => {
      isRefusing = yes;
    },
    close: async () => {
      for (const { client, server } of links) {
        client.destroy();
        server.destroy();
      }
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
