import type { Workload } from '../harness/types.js';
import { clock } from './clock.js';
import { startToReady } from './start-to-ready/workload.js';
import { receiveTip } from './receive-tip/workload.js';

/** Every workload, in the order in which a whole run measures them. A new one = one file and one line here. */
export const WORKLOADS: readonly Workload[] = [clock, receiveTip, startToReady];
