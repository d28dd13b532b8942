import * as upper from '../../service/src/index.js';

export const reachUp = upper;
