import { f1 } from './kill-service.mjs';

/** Every fault that the suite can inject, in the order of the fault table. */
export const DRILLS = [f1];
