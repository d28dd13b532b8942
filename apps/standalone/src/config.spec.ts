import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@app/service';
import { readDatabaseConfig } from './config.js';

describe('what is read early', () => {
  it.each([
    [{}],
    [{ DATA_DIR: '', DATABASE_URL: '' }],
    [{ DATA_DIR: 'data/office', DATABASE_URL: 'postgres://somewhere/tinbao' }],
  ])('is what the whole configuration says: %j', (env) => {
    const { dataDir, databaseUrl } = readConfig(env);
    expect(readDatabaseConfig(env)).toEqual({ dataDir, databaseUrl });
  });
});
