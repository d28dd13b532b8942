import { nothing } from './not-there.js';

export const imported = nothing;
