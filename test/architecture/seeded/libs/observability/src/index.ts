export const observability = 1;
