import { mkdtempSync, rmSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeskClient } from './client.mjs';
import { Journal } from './journal.mjs';
import { watchProcessors } from './processors.mjs';
import { randomOf } from './random.mjs';
import { compareWithRebuild } from './rebuild.mjs';
import { breakEachInvariant } from './self-test.mjs';
import { startSystem } from './system.mjs';
import { startVerifier } from './verifier-process.mjs';

/** How long relays and projections have to come to rest after a round. */
const SETTLE_MS = 20_000;
const USAGE_EVERY_MS = 1_000;
/** Over how many looks at the processors the share of others is taken, and how much of it is laid to them at most. */
const INSIST_OVER = 15;
const MOST_TAKEN = 0.8;
/** A log that grows without end makes every verification longer: after this many events the system is made anew. */
const MOST_EVENTS = 40_000;

/**
 * A system with everything that a round needs: client, journals, verifier. Made anew when its log has grown long.
 */
async function openGround({ seed, isNight, log }) {
  const began = performance.now();
  const dataDir = mkdtempSync(join(tmpdir(), 'tinbao-faults-'));
  const system = await startSystem({ dataDir, isNight, log });
  const clientJournal = new Journal(join(dataDir, 'client.jsonl'));
  const runJournal = new Journal(join(dataDir, 'run.jsonl'));
  const client = new DeskClient({
    url: system.url,
    journal: clientJournal,
    random: randomOf(seed ^ 0x5eed),
    name: `s${seed}`,
  });
  const verifier = startVerifier({
    databaseUrl: system.databaseUrl,
    brokers: system.brokers,
    clientJournal: clientJournal.path,
    runJournal: runJournal.path,
  });
  // What this process itself was kept from running: an answer may seem later by so much.
  const stalls = monitorEventLoopDelay({ resolution: 10 });
  stalls.enable();
  const othersShare = watchProcessors();
  const recent = [];
  let insistMs = client.insistMs;
  const watch = setInterval(() => {
    const stallMs = Math.round(stalls.max / 1e6);
    stalls.reset();
    const share = Number(othersShare().toFixed(3));
    runJournal.note({
      kind: 'usage',
      processes: system.usage(),
      underWay: client.underWay,
      stallMs,
      othersShare: share,
    });
    // A machine that others use too gives the services less: what they may take grows by as much.
    recent.push(Math.min(MOST_TAKEN, share));
    if (recent.length > INSIST_OVER) recent.shift();
    client.insistMs = insistMs / (1 - recent.reduce((sum, one) => sum + one, 0) / recent.length);
  }, USAGE_EVERY_MS);
  await system.registerUnits(client);
  // What a start costs here and now without any fault: recovery is judged beside it.
  await system.kill('statistics');
  const calmStartMs = await system.start('statistics');
  runJournal.note({ kind: 'calm', startMs: calmStartMs });
  log(`a service starts within ${calmStartMs} ms here, everything took ${seconds(performance.now() - began)} s`);
  insistMs = Math.max(insistMs, 3 * calmStartMs + 5_000);
  return {
    dataDir,
    system,
    client,
    clientJournal,
    runJournal,
    verifier,
    close: async ({ keep = false } = {}) => {
      clearInterval(watch);
      stalls.disable();
      await verifier.close();
      await system.stop();
      clientJournal.close();
      runJournal.close();
      if (!keep) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Runs drills round by round. A round: load, fault, recovery, the load comes to rest, the verifier judges everything.
 *
 * @param {object} options
 * @param {{drill: object, rounds: number, seed: number}[]} options.plan  `seed` is that of the first round; the next add 1
 * @param {(line: string) => void} options.log
 * @param {(result: object) => void} options.onResult  told after each drill
 * @param {boolean} [options.rebuild]  compares the read models with a rebuild at the end
 * @param {boolean} [options.selfTest]  breaks each invariant at the end and asks the verifier
 * @param {AbortSignal} [options.signal]  ends the run after the round in hand
 * @param {boolean} [options.keep]  leaves databases, logs and journals of a red run in place
 * @returns {Promise<object[]>}
 */
export async function runDrills({ plan, log, onResult, rebuild = false, selfTest = false, signal, keep = false }) {
  const results = [];
  let ground;
  let isRed = false;
  const add = (result, began) => {
    result.seconds = Math.round((performance.now() - began) / 1000);
    results.push(result);
    onResult(result);
  };
  try {
    for (const { drill, rounds, seed } of plan) {
      const result = emptyResult(drill, rounds, seed);
      const began = performance.now();
      const perRound = drill.perRound ?? 1;
      const notes = [];
      for (let done = 0; done < rounds; done += perRound) {
        signal?.throwIfAborted();
        const roundSeed = seed + done;
        if (drill.alone) {
          const { minutes, isNight } = drill;
          const verdict = await drill.alone({ random: randomOf(roundSeed), log, minutes, isNight });
          judge(result, verdict, { roundSeed, log });
          result.measured = verdict.measured;
          continue;
        }
        ground ??= await openGround({ seed: roundSeed, isNight: drill.isNight === true, log });
        const verdict = await runRound({ ground, drill, roundSeed, log });
        judge(result, verdict, { roundSeed, log });
        notes.push(verdict.notes);
        if (verdict.violations.length > 0) isRed = true;
        // What one round broke must not be charged to the next.
        if (verdict.violations.length > 0 || verdict.counts.events > MOST_EVENTS) {
          await ground.close({ keep: keep && isRed });
          if (keep && isRed) log(`left in place: ${ground.dataDir}`);
          ground = undefined;
        }
      }
      if (drill.conclude) {
        const { measured, violations } = drill.conclude(notes);
        result.measured = measured;
        log(`${drill.id}: ${measured}`);
        judge(result, { violations }, { roundSeed: seed, log, rounds });
      }
      add(result, began);
    }
    signal?.throwIfAborted();
    if (rebuild && ground) {
      const began = performance.now();
      const drill = { id: 'rebuild', title: 'read models against a rebuild', targets: ['I6'] };
      const result = emptyResult(drill, 1, plan.at(-1).seed);
      judge(result, await compareWithRebuild(ground), { roundSeed: plan.at(-1).seed, log });
      add(result, began);
    }
    if (selfTest) {
      const began = performance.now();
      const { seed } = plan.at(-1);
      ground ??= await openGround({ seed, isNight: false, log });
      const result = emptyResult({ id: 'verifier', title: 'each invariant broken on purpose', targets: [] }, 0, seed);
      result.seeded = await testVerifier(ground, log);
      result.rounds = result.seeded.length;
      result.violations = Object.fromEntries(
        result.seeded.filter(({ isFound }) => !isFound).map(({ invariant }) => [invariant, 1]),
      );
      add(result, began);
    }
  } finally {
    await ground?.close();
  }
  return results;
}

async function runRound({ ground, drill, roundSeed, log }) {
  const { client, runJournal, verifier } = ground;
  const random = randomOf(roundSeed);
  const sinceMs = Date.now();
  const mayBeParked = [];
  runJournal.note({ kind: 'round', fault: drill.id, seed: roundSeed });
  if (drill.load) client.start(drill.load);
  let broken;
  const notes = {};
  const began = performance.now();
  try {
    await drill.round({
      ...ground,
      random,
      log,
      mayBeParked,
      notes,
      seed: roundSeed,
      isNight: drill.isNight === true,
      recovered: (part, readyAfterMs, allowedMs = 0) =>
        runJournal.note({ kind: 'recovered', part, readyAfterMs, allowedMs }),
      died: (service) => runJournal.note({ kind: 'death', service }),
      violated: (invariant, what, where) => runJournal.note({ kind: 'violated', invariant, what, where }),
    });
  } catch (error) {
    broken = error;
  }
  const injected = performance.now();
  await client.rest();
  const rested = performance.now();
  if (broken) {
    runJournal.note({ kind: 'did-not-recover', part: drill.id, what: broken.message });
    log(broken.stack);
  }
  const verdict = await verifier.verify({ sinceMs, settleMs: drill.settleMs ?? SETTLE_MS, mayBeParked });
  if (!verdict.ok) {
    const { links, sessions } = await ground.system.sessions();
    log(`  ${links} links to PostgreSQL; sessions:`);
    for (const session of sessions) log(`    ${Object.values(session).join(' | ')}`);
  }
  log(
    `${drill.id} seed ${roundSeed}: ${verdict.ok ? 'ok' : `${verdict.violations.length} violations`}; ` +
      `${verdict.counts.acked} commands, ${verdict.counts.events} events, ${verdict.counts.repeats} repeats on the bus, ` +
      (verdict.mostAfterDeath.events > 0 ? `${verdict.mostAfterDeath.events} after one death, ` : '') +
      `recovered ${verdict.worstRecoveryMs} ms, settled ${verdict.settledAfterMs} ms, slowest answer ${verdict.slowestMs} ms, ` +
      (verdict.waitedFor.length > 0 ? `last waited for ${verdict.waitedFor[0]}, ` : '') +
      `took ${seconds(injected - began)} + ${seconds(rested - injected)} + ${seconds(performance.now() - rested)} s` +
      (Object.keys(notes).length > 0 ? `, ${JSON.stringify(notes)}` : ''),
  );
  const { mostAfterDeath } = verdict;
  return { ...verdict, notes: { ...notes, mostAfterDeath } };
}

/** As text of seconds. */
const seconds = (ms) => (ms / 1000).toFixed(1);

/** Some work, everything at rest, the services gone: then each invariant is broken by itself. */
async function testVerifier({ system, client, verifier, clientJournal, runJournal }, log) {
  // Until the story has told of every act, an opened case among them.
  for (let round = 0; round < 12; round += 1) await client.burst(24);
  const verdict = await verifier.verify({ sinceMs: Date.now() });
  if (!verdict.ok) throw new Error(`not clean before it is broken: ${JSON.stringify(verdict.violations.slice(0, 3))}`);
  for (const name of Object.keys(system.services)) await system.kill(name);
  const { databaseUrl, brokers } = system;
  const seeded = await breakEachInvariant({
    databaseUrl,
    brokers,
    clientJournal: clientJournal.path,
    runJournal: runJournal.path,
  });
  for (const { isFound, invariant, name, found } of seeded) {
    log(`${isFound ? 'found ' : 'MISSED'} ${invariant} ${name} (${found.join()})`);
  }
  return seeded;
}

function emptyResult({ id, title, targets }, rounds, seed) {
  return {
    fault: id,
    title,
    targets,
    seed,
    rounds,
    done: 0,
    violations: {},
    examples: [],
    worstRecoveryMs: 0,
    worstSettleMs: 0,
    slowestAnswerMs: 0,
    mostMemoryMb: 0,
    commands: 0,
    replay: [],
  };
}

/** @param {object} of  `rounds` when it is about all of them together */
function judge(result, verdict, { roundSeed, log, rounds }) {
  if (rounds === undefined) result.done += 1;
  result.worstRecoveryMs = Math.max(result.worstRecoveryMs, verdict.worstRecoveryMs ?? 0);
  result.worstSettleMs = Math.max(result.worstSettleMs, verdict.settledAfterMs ?? 0);
  result.slowestAnswerMs = Math.max(result.slowestAnswerMs, verdict.slowestMs ?? 0);
  result.mostMemoryMb = Math.max(result.mostMemoryMb, verdict.mostMemoryMb ?? 0);
  result.commands = Math.max(result.commands, verdict.counts?.commands ?? 0);
  for (const violation of verdict.violations) {
    result.violations[violation.invariant] = (result.violations[violation.invariant] ?? 0) + 1;
    if (result.examples.length < 20) result.examples.push({ seed: roundSeed, ...violation });
  }
  if (verdict.violations.length > 0) {
    const count = rounds === undefined ? '' : ` --rounds ${rounds}`;
    const command = `npm run faults -- --fault ${result.fault} --seed ${roundSeed}${count}`;
    result.replay.push(command);
    for (const { invariant, what, where } of verdict.violations.slice(0, 8)) log(`  ${invariant} ${where}: ${what}`);
    log(`  again: ${command}`);
  }
}
