import { type EventStore, inTransaction, type StoredEvent } from '@app/event-store';
import type { Owner } from '../scheduler.js';
import { type Process, Violation, type World } from '../world.js';
import { ACTOR, HAPPENED_AT, optionsOf, steps, tally } from './register.js';

/** A process that takes commands. */
export interface Desk {
  process: Process;
  store: EventStore;
}

/** What a client knows of one command: its own record, kept outside the system. */
export interface Sent {
  id: string;
  stream: string;
  amounts: readonly number[];
  /** Sent with an idempotency key (which is the id); then it may be sent again. */
  keyed: boolean;
  /** Takes a register number of this series. */
  series: string | null;
  outcome: 'unknown' | 'done' | 'nothing' | 'refused';
  /** The answer of the first acknowledgement. */
  answer: { id: string; stream: string; version: number }[] | null;
  poison: boolean;
}

class Refusal extends Error {
  readonly code = 'Refused';
}

const happenedBy = {
  actor: ACTOR,
  correlationId: 'c',
  causationId: null,
  happenedAt: HAPPENED_AT,
  source: 'ui' as const,
};
const answerWithinMs = 6_000;
const NUL = '\u0000';

/**
 * People at the desk: each sends commands one after the other, sends again with the same key when no answer comes, and
 * keeps a record of what was acknowledged.
 */
export class Clients {
  readonly sent: Sent[] = [];
  /** Clients that still have something to do. */
  busy = 0;
  private numbers = 0;

  constructor(
    private readonly world: World,
    /** The processes that take commands now. */
    private readonly desks: () => readonly Desk[],
    private readonly plan: { streams: number; poisonShare: number; abortShare: number },
  ) {}

  start(count: number, commands: number): void {
    for (let i = 0; i < count; i += 1) {
      const me = this.world.outsider(`client-${i}`);
      this.busy += 1;
      this.world.scheduler.after(this.world.random.next() * 20, me, 'client begins', () => {
        void this.work(me, commands).finally(() => {
          this.busy -= 1;
        });
      });
    }
  }

  private async work(me: Owner, commands: number): Promise<void> {
    const { random } = this.world;
    for (let turn = 0; turn < commands; turn += 1) {
      await this.rest(me, random.chance(0.6) ? random.next() * 4 : random.next() * 150);
      const kind = random.next();
      if (kind < 0.62) await this.change(me);
      else if (kind < 0.72) await this.receive(me);
      else if (kind < 0.84) await this.twice(me);
      else if (kind < 0.92) await this.batch(me);
      else await this.again(me);
    }
  }

  /** One decision on one stream, with a key, until it is answered. */
  private async change(me: Owner): Promise<void> {
    const { random } = this.world;
    const command = this.record(this.anyStream(), { keyed: random.chance(0.85) });
    const mood = random.next();
    await this.until(me, command, (desk) => this.decide(desk, command, mood));
  }

  private async decide(desk: Desk, command: Sent, mood: number): Promise<void> {
    try {
      const result = await desk.store.change(
        command.stream,
        tally,
        (state, version) => {
          if (state.version !== version) {
            throw new Violation(
              'I3',
              `the state of ${command.stream} at version ${version} is one of ${state.version}`,
            );
          }
          if (mood < 0.05) throw new Refusal('no');
          if (mood < 0.1) return [];
          return steps(command.id, command.amounts, version, command.poison);
        },
        optionsOf(
          command.keyed ? command.id : null,
          command.series === null ? {} : { allocate: placeIn(command.series) },
        ),
      );
      this.acknowledge(command, result.events);
      if (result.state.version !== result.version && !result.replayed) {
        throw new Violation('I3', `change answered state ${result.state.version} at version ${result.version}`);
      }
    } catch (error) {
      this.settle(command, error);
    }
  }

  /** A new matter takes the next number of its series. */
  private async receive(me: Owner): Promise<void> {
    this.numbers += 1;
    const command = this.record(`tip-${100 + this.numbers}`, {
      keyed: true,
      series: this.world.random.pick(['PC-80', 'PC-81']),
      count: 1,
    });
    await this.until(me, command, (desk) => this.decide(desk, command, 1));
  }

  /** A use case that appends twice in one transaction, on two streams; sometimes it throws at the end. */
  private async twice(me: Owner): Promise<void> {
    const { random } = this.world;
    const [first, second] = [1, 2].map(() => this.record(this.anyStream(), { keyed: false })) as [Sent, Sent];
    const abort = random.chance(this.plan.abortShare);
    const between = random.chance(0.5) ? random.next() * 30 : 0;
    await this.once(me, async (desk) => {
      try {
        await inTransaction(desk.store.pool, async (tx) => {
          for (const command of [first, second]) {
            const past = await desk.store.loadIn(tx, command.stream);
            if (between > 0) await new Promise((resolve) => setTimeout(resolve, between));
            const [verdict] = await desk.store.appendIn(tx, [
              {
                stream: command.stream,
                expectedVersion: past.length,
                events: steps(command.id, command.amounts, past.length, command.poison),
                meta: happenedBy,
              },
            ]);
            if (verdict?.kind !== 'appended') throw new Refusal('conflict');
          }
          if (abort) throw new Refusal('aborted');
        });
        for (const command of [first, second]) command.outcome = 'done';
      } catch (error) {
        for (const command of [first, second]) this.settle(command, error);
      }
    });
  }

  /** Several commands in one call, some of them wrong: each is judged for itself. */
  private async batch(me: Owner): Promise<void> {
    const { random } = this.world;
    const commands = Array.from({ length: random.between(2, 5) }, () => this.record(this.anyStream(), { keyed: true }));
    const wrong = new Set(commands.filter(() => random.chance(0.2)));
    await this.once(me, async (desk) => {
      try {
        const versions = new Map<string, number>();
        for (const { stream } of commands) {
          if (!versions.has(stream)) versions.set(stream, (await desk.store.load(stream)).length);
        }
        const verdicts = await desk.store.append(
          commands.map((command) => {
            const version = (versions.get(command.stream) as number) + (wrong.has(command) ? 1_000 : 0);
            if (!wrong.has(command)) versions.set(command.stream, version + command.amounts.length);
            return {
              stream: command.stream,
              expectedVersion: version,
              events: steps(command.id, command.amounts, version, command.poison),
              meta: happenedBy,
              idempotency: { key: command.id, fingerprint: `of ${command.id}` },
            };
          }),
        );
        verdicts.forEach((verdict, index) => {
          const command = commands[index] as Sent;
          if (verdict.kind === 'appended' || verdict.kind === 'replayed') {
            if (wrong.has(command))
              this.violate('I3', `${command.id} was appended although it expected another version`);
            this.acknowledge(command, verdict.events);
          } else if (verdict.kind === 'conflict') command.outcome = 'refused';
          else this.violate('I4', `${command.id} was told that its key was used by another`);
        });
      } catch (error) {
        for (const command of commands) this.settle(command, error);
      }
    });
  }

  /** An old command comes once more, or its key with another request, or a text that PostgreSQL cannot hold. */
  private async again(me: Owner): Promise<void> {
    const { random } = this.world;
    const known = this.sent.filter(({ keyed, outcome }) => keyed && outcome === 'done');
    if (known.length === 0 || random.chance(0.2)) {
      const stream = this.anyStream();
      await this.once(me, async (desk) => {
        try {
          await desk.store.change(
            stream,
            tally,
            () => [{ type: 'Stepped', data: { text: `bad${NUL}` } }],
            optionsOf(null),
          );
          this.violate('I1', `${stream} was given a text that cannot be stored, and it was acknowledged`);
        } catch (error) {
          if (error instanceof Violation) throw error;
        }
      });
      return;
    }
    const command = random.pick(known);
    const other = random.chance(0.3);
    await this.once(me, async (desk) => {
      const options = optionsOf(command.id);
      if (other && options.idempotency) options.idempotency.fingerprint = 'another request';
      try {
        const result = await desk.store.change(
          command.stream,
          tally,
          (state) => steps(`${command.id}-repeated`, [1], state.version, false),
          options,
        );
        if (other) this.violate('I4', `the key ${command.id} was taken for another request`);
        this.acknowledge(command, result.events);
      } catch (error) {
        if ((error as { code?: string }).code === 'IdempotencyKeyReused' && !other) {
          this.violate('I4', `the same request with key ${command.id} was refused`);
        }
        if (error instanceof Violation) throw error;
      }
    });
  }

  private acknowledge(command: Sent, events: readonly StoredEvent[]): void {
    const answer = events.map(({ id, stream, version }) => ({ id, stream, version }));
    if (command.answer && JSON.stringify(command.answer) !== JSON.stringify(answer)) {
      this.violate(
        'I4',
        `${command.id} was answered ${JSON.stringify(command.answer)} and then ${JSON.stringify(answer)}`,
      );
    }
    command.answer = answer;
    command.outcome = answer.length > 0 ? 'done' : 'nothing';
  }

  /** What an error says about the outcome. */
  private settle(command: Sent, error: unknown): void {
    if (error instanceof Violation) {
      this.world.scheduler.fail(error);
      return;
    }
    const code = (error as { code?: string }).code;
    if (code === 'IdempotencyKeyReused') this.violate('I4', `the key of ${command.id} was refused`);
    // A conflict wrote nothing; with a key it may be tried again.
    if (code === 'Refused' || (code === 'StreamConflict' && !command.keyed)) command.outcome = 'refused';
  }

  private violate(invariant: string, message: string): void {
    this.world.scheduler.fail(new Violation(invariant, message));
  }

  /** Send until the outcome is known; a command without key is sent once. */
  private async until(me: Owner, command: Sent, send: (desk: Desk) => Promise<void>): Promise<void> {
    for (let attempt = 1; command.outcome === 'unknown'; attempt += 1) {
      await this.once(me, send);
      if (!command.keyed) return;
      if (command.outcome === 'unknown') await this.rest(me, Math.min(20 * 2 ** attempt, 1_000));
    }
  }

  /** One request to one process: its answer, or none within the time a client waits. */
  private once(me: Owner, send: (desk: Desk) => Promise<void>): Promise<void> {
    const { scheduler, random } = this.world;
    return new Promise((resolve) => {
      const desks = this.desks();
      if (desks.length === 0) {
        scheduler.after(200, me, '', resolve);
        return;
      }
      const desk = random.pick(desks);
      const patience = scheduler.after(answerWithinMs, me, 'no answer', resolve);
      scheduler.after(random.next() * 2, desk.process, 'request', () => {
        send(desk).then(
          () => {
            scheduler.after(random.next() * 2, me, '', () => {
              patience.cancel();
              resolve();
            });
          },
          (error: unknown) => scheduler.fail(error),
        );
      });
    });
  }

  private rest(me: Owner, ms: number): Promise<void> {
    return new Promise((resolve) => void this.world.scheduler.after(ms, me, '', resolve));
  }

  private anyStream(): string {
    const { random } = this.world;
    const index = random.between(1, this.plan.streams);
    return `${random.pick(['tip', 'tip', 'case', 'note'])}-${index}`;
  }

  private record(stream: string, options: { keyed: boolean; series?: string; count?: number }): Sent {
    const { random } = this.world;
    const command: Sent = {
      id: `command-${this.sent.length + 1}`,
      stream,
      amounts: Array.from({ length: options.count ?? random.between(1, 3) }, () => random.between(1, 100)),
      keyed: options.keyed,
      series: options.series ?? null,
      outcome: 'unknown',
      answer: null,
      poison: random.chance(this.plan.poisonShare),
    };
    this.sent.push(command);
    return command;
  }
}

function placeIn(series: string): { series: string; year: number; field: string } {
  return { series, year: 2026, field: 'place' };
}
