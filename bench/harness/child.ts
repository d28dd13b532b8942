import { fork } from 'node:child_process';
import type { ChildOptions } from './types.js';

/** A program of the bench that runs in a process of its own and answers calls. */
export interface Child {
  pid: number;
  /** What the child's `start` answered, for example its address. */
  started: unknown;
  /** Calls one of the child's methods; argument and answer travel as structured clones. */
  call<T>(method: string, argument?: unknown): Promise<T>;
  /** Asks it to end; kills it when it has not within five seconds. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** What a child program offers. */
export interface ChildProgram {
  /** Called once with `ChildOptions.data`; its answer is the parent's `Child.started`. */
  start(data: never): Promise<unknown>;
  stop?(): Promise<void>;
  methods?: Record<string, (argument: never) => Promise<unknown>>;
}

interface Question {
  id: number;
  method: string;
  argument: unknown;
}

interface Answer {
  id: number;
  value?: unknown;
  fault?: string;
}

/** Starts the compiled program at `path`. @throws when it ends or fails before it has started */
export async function startChild(path: string, options: ChildOptions = {}): Promise<Child> {
  const child = fork(path, [], {
    execArgv: ['--enable-source-maps', ...(options.execArgv ?? [])],
    env: { ...process.env, ...options.env },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (fault: Error) => void }>();
  let next = 0;
  const ended = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      for (const { reject } of waiting.values()) reject(new Error(`${path} ended: ${why}`));
      waiting.clear();
      resolve();
    };
    child.once('exit', (code, signal) => end(String(signal ?? code)));
    child.once('error', (fault) => end(fault.message));
  });
  child.on('message', (message: Answer) => {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.fault === undefined) asked?.resolve(message.value);
    else asked?.reject(new Error(message.fault));
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const call = <T>(method: string, argument?: unknown): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!isRunning()) {
        reject(new Error(`${path} is not running`));
        return;
      }
      next += 1;
      waiting.set(next, { resolve: resolve as (value: unknown) => void, reject });
      child.send({ id: next, method, argument } satisfies Question, (fault) => {
        if (fault) reject(fault);
      });
    });
  try {
    const started = await call<unknown>('start', options.data);
    return {
      pid: child.pid!,
      started,
      call,
      stop: async () => {
        if (!isRunning()) return;
        const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
        child.send({ id: 0, method: 'stop', argument: undefined } satisfies Question);
        await ended;
        clearTimeout(timer);
      },
      kill: async (signal) => {
        if (!isRunning()) return;
        child.kill(signal);
        await ended;
      },
    };
  } catch (fault) {
    child.kill('SIGKILL');
    await ended;
    throw fault;
  }
}

/** To be called by the child program itself, once, at its end. It ends with its parent. */
export function serveChild(program: ChildProgram): void {
  const methods: Record<string, (argument: never) => Promise<unknown>> = {
    ...program.methods,
    start: (data) => program.start(data),
  };
  const end = async (): Promise<void> => {
    await program.stop?.();
    process.exit(0);
  };
  process.on('message', (message: unknown) => {
    const { id, method, argument } = message as Question;
    if (method === 'stop') {
      void end();
      return;
    }
    const asked = methods[method];
    const answer = asked ? asked(argument as never) : Promise.reject(new Error(`no method ${method}`));
    answer.then(
      (value) => process.send?.({ id, value } satisfies Answer),
      (fault: unknown) =>
        process.send?.({ id, fault: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) }),
    );
  });
  process.once('disconnect', () => void end());
}
