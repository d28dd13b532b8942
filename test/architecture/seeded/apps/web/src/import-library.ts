import { contracts } from '../../../libs/contracts/src/index.js';

export const imported = contracts;
