import { seizure } from '../../../apps/prosecution/src/seizure.js';

export const imported = seizure;
