/** Token of this service's `ServiceContext`: several services share one process, so each has its own. */
export const STATISTICS_CONTEXT = 'STATISTICS_CONTEXT';
