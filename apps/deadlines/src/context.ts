/** Token of this service's `ServiceContext`: several services share one process, so each has its own. */
export const DEADLINES_CONTEXT = 'DEADLINES_CONTEXT';

/** Token of this service's `DeadlinesConfig`. */
export const DEADLINES_CONFIG = 'DEADLINES_CONFIG';
