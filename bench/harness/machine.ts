import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { ROOT } from './root.js';

/** What a run was made on; stands in every line of the results. */
export interface Environment {
  /** Commit, with `+` when files were changed since. */
  git: string;
  node: string;
  pg: string | null;
  kafka: string | null;
  cpu: number;
  cpuModel: string;
  memoryGb: number;
  at: string;
  settingsHash: string;
}

/** Processor ticks since boot: all, and those that the hypervisor gave to other machines. */
export interface CpuTicks {
  total: number;
  steal: number;
}

const TICKS_PER_SECOND = 100;

/** Reads /proc/stat; zeroes where there is none (not Linux). */
export function cpuTicks(): CpuTicks {
  try {
    return parseCpuTicks(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return { total: 0, steal: 0 };
  }
}

export function parseCpuTicks(stat: string): CpuTicks {
  const [, ...ticks] = (stat.split('\n')[0] ?? '').trim().split(/\s+/).map(Number);
  // guest and guest_nice (the ninth and tenth) are already in user and nice.
  return { total: ticks.slice(0, 8).reduce((sum, tick) => sum + tick, 0), steal: ticks[7] ?? 0 };
}

/** Share of the processor's time that was stolen between two looks, 0 to 1. */
export function stealBetween(before: CpuTicks, after: CpuTicks): number {
  const total = after.total - before.total;
  return total > 0 ? (after.steal - before.steal) / total : 0;
}

export function load1(): number {
  return loadavg()[0] ?? 0;
}

/** Seconds of processor time that a process and its ended children have used; 0 when it is gone. */
function processSeconds(pid: number, withEnded: boolean): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()!.split(' ');
    const ticks = (from: number, to: number): number =>
      fields.slice(from, to).reduce((sum, field) => sum + Number(field), 0);
    // utime, stime; then of the children it has waited for.
    return ticks(11, withEnded ? 15 : 13) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Processor seconds of a server that works in children, such as PostgreSQL: itself, the living and the ended ones. */
export function treeSeconds(parent: number | undefined): number {
  if (parent === undefined || process.platform !== 'linux') return 0;
  let seconds = processSeconds(parent, true);
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()!.split(' ');
      if (Number(fields[1]) === parent) seconds += processSeconds(Number(pid), true);
    } catch (error) {
      // It ended while the list was read; its time is its parent's now.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return seconds;
}

/** Processor seconds of this process and of the given ones. */
export function nodeSeconds(pids: readonly number[]): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + pids.reduce((sum, pid) => sum + processSeconds(pid, false), 0);
}

/** Resident megabytes of a process; 0 when it is gone. */
export function residentMb(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) / 1024 : 0;
  } catch {
    return 0;
  }
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

export function environment(versions: { pg: string | null; kafka: string | null; settings: unknown }): Environment {
  const commit = git('rev-parse', '--short=10', 'HEAD') || 'unknown';
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return {
    git: isChanged ? `${commit}+` : commit,
    node: process.versions.node,
    pg: versions.pg,
    kafka: versions.kafka,
    cpu: cpus().length,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    at: new Date().toISOString(),
    settingsHash: createHash('sha256').update(JSON.stringify(versions.settings)).digest('hex').slice(0, 12),
  };
}
