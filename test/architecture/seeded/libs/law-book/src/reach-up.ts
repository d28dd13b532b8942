import * as upper from '../../security/src/index.js';

export const reachUp = upper;
