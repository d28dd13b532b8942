export const messaging = 1;
