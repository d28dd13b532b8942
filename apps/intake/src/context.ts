/** Injection token of the intake service's own context (schema, log, clock). */
export const INTAKE_CONTEXT = 'INTAKE_CONTEXT';

/** Token of intake's copy of the published law: each service of one process has its own. */
export const INTAKE_LAW = 'INTAKE_LAW';

/** Token of what brings intake's read models to that law. */
export const INTAKE_LAW_LOOP = 'INTAKE_LAW_LOOP';
