export const security = 1;
