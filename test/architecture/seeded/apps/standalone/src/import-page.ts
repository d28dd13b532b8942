import { page } from '../../web/src/page.js';

export const imported = page;
