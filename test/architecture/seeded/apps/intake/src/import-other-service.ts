import { seizure } from '../../prosecution/src/seizure.js';

export const imported = seizure;
