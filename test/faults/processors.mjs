import { readdirSync, readFileSync } from 'node:fs';

/**
 * Tells what share of all processors went to programs that are not of this run, since it was asked last: a machine that
 * others use too is slower by so much, and what is late because of them is not the system's fault. Linux only; elsewhere
 * it is always 0.
 * @returns {() => number} 0 to 1
 */
export function watchProcessors() {
  let before = read();
  return () => {
    const now = read();
    if (now === undefined || before === undefined) return 0;
    const all = now.total - before.total;
    const busy = now.busy - before.busy;
    let own = 0;
    for (const [pid, ticks] of now.own) own += Math.max(0, ticks - (before.own.get(pid) ?? 0));
    before = now;
    return all > 0 ? Math.max(0, Math.min(1, (busy - own) / all)) : 0;
  };
}

/** Processor time in ticks: of the machine, and of every process below this one. */
function read() {
  let cpu;
  try {
    cpu = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).slice(1, 9).map(Number);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  const total = cpu.reduce((sum, ticks) => sum + ticks, 0);
  const [, , , idle, waiting] = cpu;
  const processes = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, parent, , , , , , , , , , user, system, ofEndedUser, ofEndedSystem] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      // What its ended children took is theirs: a backend of PostgreSQL that came and went between two looks. A service
      // that was killed has been counted while it lived.
      const ofEnded = Number(name) === process.pid ? 0 : ofEndedUser + ofEndedSystem;
      processes.set(Number(name), { parent, ticks: user + system + ofEnded });
    } catch (error) {
      // It ended while the list was read.
      if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error;
    }
  }
  const own = new Map();
  for (const [pid, { ticks }] of processes) if (isBelow(pid, processes)) own.set(pid, ticks);
  return { total, busy: total - idle - waiting, own };
}

function isBelow(pid, processes) {
  for (let at = pid; at > 1; at = processes.get(at)?.parent ?? 0) if (at === process.pid) return true;
  return false;
}
