import * as upper from '../../domain/src/index.js';

export const reachUp = upper;
