import { contracts } from '../../contracts/src/index.js';

export const value = contracts;
