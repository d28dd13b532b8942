export const legalTimeLimits = 1;
