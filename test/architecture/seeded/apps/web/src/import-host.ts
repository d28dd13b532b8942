import { main } from '../../standalone/src/main.js';

export const imported = main;
