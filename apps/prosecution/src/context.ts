/** Injection token of the prosecution service's own context (schema, log, clock). */
export const PROSECUTION_CONTEXT = 'PROSECUTION_CONTEXT';

/** Token of prosecution's unit tree: each service of one process has its own. */
export const PROSECUTION_UNIT_TREE = 'PROSECUTION_UNIT_TREE';

/** Token of prosecution's copy of the published law, and of what brings its read models to it. */
export const PROSECUTION_LAW = 'PROSECUTION_LAW';
export const PROSECUTION_LAW_LOOP = 'PROSECUTION_LAW_LOOP';
