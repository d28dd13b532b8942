/** I12 and I13: nothing hangs, nothing grows without bound, everything recovers by itself. */

const LONGEST_ANSWER_MS = 5_000;
const LONGEST_RECOVERY_MS = 10_000;
/** Where others use the machine too, a recovery may take as many times as long as a start without any fault. */
const CALM_STARTS = 3;
/** Never is more than this laid to others. */
const MOST_TAKEN = 0.8;
/** A service at rest takes about 150 MB; twice that and the buffers of a busy moment are still far below. */
const MOST_MEMORY_MB = 640;
/** While it starts, a process has its modules open. */
const MOST_FILES = 1_000;

/** Share of the processors that went to programs of somebody else between two moments. */
function takenByOthers(run, fromMs, toMs) {
  const shares = run.filter(({ at, othersShare }) => othersShare !== undefined && at >= fromMs && at <= toMs + 1_500);
  if (shares.length === 0) return 0;
  return Math.min(MOST_TAKEN, shares.reduce((sum, { othersShare }) => sum + othersShare, 0) / shares.length);
}

/**
 * @param {object} input
 * @param {object[]} input.client  entries of the client's journal
 * @param {object[]} input.run  entries of the runner's journal
 * @param {number} input.sinceMs  entries from before are not judged again
 */
export function checkRun({ client, run, sinceMs }) {
  const faults = [];
  const fault = (invariant, what, where) => faults.push({ invariant, what, where });
  let slowestMs = 0;
  const judged = run.filter(({ at }) => at >= sinceMs);
  // The client cannot see an answer while it is not running itself, nor the services, on the same cores.
  const stallMs = Math.max(0, ...judged.map((entry) => entry.stallMs ?? 0));
  const calmMs = Math.max(0, ...run.filter(({ kind }) => kind === 'calm').map(({ startMs }) => startMs));
  for (const { kind, at, key, status, tookMs, retryAfter, error } of client) {
    if (kind !== 'attempt' || at < sinceMs) continue;
    slowestMs = Math.max(slowestMs, tookMs);
    const limit = LONGEST_ANSWER_MS + 2 * stallMs;
    if (tookMs > limit && tookMs > limit / (1 - takenByOthers(run, at - tookMs, at)))
      fault('I12', `an answer took ${tookMs} ms (${status ?? error})`, key);
    if ((status === 503 || status === 429) && retryAfter === undefined) {
      fault('I12', `${status} without Retry-After`, key);
    }
    if (status === 500) fault('I12', 'a request broke (500) instead of being put off', key);
  }
  let worstRecoveryMs = 0;
  let mostMemoryMb = 0;
  for (const entry of judged) {
    if (entry.kind === 'usage') {
      for (const { name, rssMb, files } of entry.processes) {
        mostMemoryMb = Math.max(mostMemoryMb, rssMb);
        if (rssMb > MOST_MEMORY_MB) fault('I12', `${name} holds ${rssMb} MB`, name);
        if (files > MOST_FILES) fault('I12', `${name} holds ${files} files open`, name);
      }
    }
    if (entry.kind === 'recovered') {
      const readyAfterMs = entry.readyAfterMs ?? Infinity;
      worstRecoveryMs = Math.max(worstRecoveryMs, readyAfterMs);
      const taken = takenByOthers(run, entry.at - readyAfterMs, entry.at);
      const limit = (Math.max(LONGEST_RECOVERY_MS, CALM_STARTS * calmMs) + (entry.allowedMs ?? 0)) / (1 - taken);
      if (readyAfterMs > limit) fault('I13', `${entry.part} was ready after ${readyAfterMs} ms`, entry.part);
    }
    if (entry.kind === 'did-not-recover') fault('I13', entry.what, entry.part);
    if (entry.kind === 'violated') fault(entry.invariant, entry.what, entry.where);
  }
  return { faults, slowestMs, worstRecoveryMs, mostMemoryMb };
}
