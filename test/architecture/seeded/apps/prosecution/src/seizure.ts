export const seizure = 1;
