import { describeMessageLog } from '../message-log.suite.js';
import { PostgresLog } from './postgres-log.js';

describeMessageLog('PostgreSQL', async () => ({
  open: async (input) => new PostgresLog(input),
  close: async () => undefined,
}));
