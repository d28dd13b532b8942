import { kafkaScenario } from './kafka/scenario.js';
import { logScenario } from './log/scenario.js';
import { kafkaFaults, logFaults, signalFaults, timerFaults } from './seeded-faults.js';
import { signalsScenario } from './signals/scenario.js';
import { timersScenario } from './timers/scenario.js';
import { installVirtualTime } from './virtual-time.js';
import { type Scenario, type SeededFault, World } from './world.js';

export const scenarios: readonly Scenario[] = [logScenario, kafkaScenario, signalsScenario, timersScenario];

/** What came of one seed. */
export interface Outcome {
  scenario: string;
  seed: number;
  /** What was violated; null when nothing was. */
  error: Error | null;
  /** Hash of everything that happened, in order. */
  hash: number;
  steps: number;
  /** Virtual milliseconds. */
  virtualMs: number;
  trace: string[];
}

/** Run one scenario with one seed. Nothing real is waited for, and nothing of the process outlives it. */
export async function runSeed(
  scenario: Scenario,
  seed: number,
  options: { fault?: SeededFault; trace?: boolean } = {},
): Promise<Outcome> {
  const world = new World({ seed, fault: options.fault });
  const { scheduler } = world;
  if (options.trace) scheduler.trace = [];
  const restoreTime = installVirtualTime(scheduler);
  const onUnhandled = (error: unknown): void => scheduler.fail(error);
  process.on('unhandledRejection', onUnhandled);
  let error: Error | null = null;
  const undo = options.fault?.install?.(world);
  try {
    await scenario.run(world);
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error(String(thrown));
  } finally {
    undo?.();
    restoreTime();
    process.off('unhandledRejection', onUnhandled);
  }
  return {
    scenario: scenario.name,
    seed,
    error,
    hash: scheduler.hash >>> 0,
    steps: scheduler.steps,
    virtualMs: Math.round(scheduler.now),
    trace: scheduler.trace ?? [],
  };
}

/** The command line: `--seeds N --from M`, `--seed N`, `--trace`, `--scenario NAME`. @returns the exit code */
export async function simulate(args: readonly string[]): Promise<number> {
  const valueOf = (name: string): string | undefined => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  };
  const one = valueOf('seed');
  const from = Number(one ?? valueOf('from') ?? 1);
  const count = one === undefined ? Number(valueOf('seeds') ?? 2_000) : 1;
  const trace = args.includes('--trace');
  const faultName = valueOf('fault');
  const fault =
    faultName === undefined
      ? undefined
      : [...logFaults, ...kafkaFaults, ...signalFaults, ...timerFaults].find(({ name }) => name.includes(faultName));
  const chosen = valueOf('scenario');
  const wanted = scenarios.filter(({ name }) => chosen === undefined || name === chosen);
  let failed = 0;
  for (const scenario of wanted) {
    const began = performance.now();
    let steps = 0;
    for (let seed = from; seed < from + count; seed += 1) {
      const outcome = await runSeed(scenario, seed, { trace, ...(fault ? { fault } : {}) });
      steps += outcome.steps;
      if (trace) process.stdout.write(`${outcome.trace.join('\n')}\n`);
      if (outcome.error) {
        failed += 1;
        process.stdout.write(
          `${scenario.name} seed ${seed}: ${outcome.error.stack ?? outcome.error.message}\n` +
            `  replay: npm run simulate -- --scenario ${scenario.name} --seed ${seed} --trace\n`,
        );
        if (failed >= 10) return 1;
      }
    }
    const seconds = (performance.now() - began) / 1_000;
    process.stdout.write(
      `${scenario.name}: ${count} seeds from ${from}, ${steps} steps, ${seconds.toFixed(1)} s, ${failed} failed\n`,
    );
  }
  return failed > 0 ? 1 : 0;
}
