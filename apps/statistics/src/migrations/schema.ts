/** The schema that the statistics service keeps everything in. */
export const SCHEMA = 'statistics';
