import { f2 } from './crash-points.mjs';
import { f4 } from './cut-after-commit.mjs';
import { f8 } from './deliver-again.mjs';
import { f6 } from './freeze.mjs';
import { f3 } from './kill-postgres.mjs';
import { f1 } from './kill-service.mjs';
import { f13 } from './poison-command.mjs';
import { f12 } from './poison-event.mjs';
import { f11 } from './reader-race.mjs';

/** Every fault that the suite can inject, in the order of the fault table. */
export const DRILLS = [f1, f2, f3, f4, f6, f8, f11, f12, f13];
