import { fileURLToPath } from 'node:url';

/** The official list of administrative units, `data/administrative-units.csv` at the project's root (from src and dist alike). */
export const COMMUNES_FILE = fileURLToPath(
  new URL(
    import.meta.url.includes('/dist/')
      ? '../../../../../data/administrative-units.csv'
      : '../../../../data/administrative-units.csv',
    import.meta.url,
  ),
);
