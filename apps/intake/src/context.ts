/** Injection token of the intake service's own context (schema, log, clock). */
export const INTAKE_CONTEXT = 'INTAKE_CONTEXT';
