/** Token of this service's `ServiceContext`: several services share one process, so each has its own. */
export const STATISTICS_CONTEXT = 'STATISTICS_CONTEXT';

/** Token of statistics' copy of the published law, and of what brings its facts to it. */
export const STATISTICS_LAW = 'STATISTICS_LAW';
export const STATISTICS_LAW_LOOP = 'STATISTICS_LAW_LOOP';
