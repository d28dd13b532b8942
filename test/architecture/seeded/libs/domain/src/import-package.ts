import { isUUID } from 'class-validator';

export const check = isUUID;
