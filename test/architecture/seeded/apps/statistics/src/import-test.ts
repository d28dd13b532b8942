import { figures } from './figures.suite.js';

export const imported = figures;
