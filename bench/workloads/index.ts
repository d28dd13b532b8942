import type { Workload } from '../harness/types.js';
import { consumeAndProject } from './bus/consume.js';
import { projectionLatency } from './bus/projection-latency.js';
import { relayToKafka } from './bus/relay.js';
import { clock } from './clock.js';
import { append, appendBatches } from './event-log/append.js';
import { hotStream } from './event-log/hot-stream.js';
import { storage } from './event-log/storage.js';
import { dashboard } from './dashboard/workload.js';
import { serverSentEvents } from './server-sent-events/workload.js';
import { startToReady } from './start-to-ready/workload.js';
import { rebuildReadModels } from './rebuild/workload.js';
import { receiveTip } from './receive-tip/workload.js';

/** Every workload, in the order in which a whole run measures them. A new one = one file and one line here. */
export const WORKLOADS: readonly Workload[] = [
  clock,
  append,
  appendBatches,
  hotStream,
  storage,
  receiveTip,
  projectionLatency,
  relayToKafka,
  consumeAndProject,
  rebuildReadModels,
  dashboard,
  serverSentEvents,
  startToReady,
];
