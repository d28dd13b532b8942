/** Lets the load run on for a while; how long is part of a round's chance. */
export const pauseOf = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
