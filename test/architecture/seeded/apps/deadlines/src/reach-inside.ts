import { inner } from '../../../libs/event-store/src/inner.js';

export const imported = inner;
