import { testServer } from './test-server.js';

/**
 * The broker that all specs of this run share, started on the first call (Java and Maven needed). Topics and groups
 * of a spec need names of their own.
 */
export async function testKafka(): Promise<{ brokers: string[] }> {
  return testServer<{ brokers: string[] }>('kafka');
}
