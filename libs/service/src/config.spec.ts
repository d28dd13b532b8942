import { describe, expect, it } from '@jest/globals';
import { ConfigurationInvalid, readConfig } from './config.js';

describe('the session with the brokers', () => {
  it('is the carrier’s own unless told otherwise', () => {
    expect(readConfig({}).kafkaSessionMs).toBeUndefined();
    expect(readConfig({ KAFKA_SESSION_SECONDS: '' }).kafkaSessionMs).toBeUndefined();
  });

  it('is given in seconds', () => {
    expect(readConfig({ KAFKA_SESSION_SECONDS: '3' }).kafkaSessionMs).toBe(3_000);
  });

  it.each(['0', '-1', '301', 'long'])('cannot last %s seconds', (seconds) => {
    const read = () => readConfig({ KAFKA_SESSION_SECONDS: seconds });
    expect(read).toThrow(ConfigurationInvalid);
    expect(read).toThrow(/KAFKA_SESSION_SECONDS/);
  });
});
