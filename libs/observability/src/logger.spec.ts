import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.js';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  write(createLogger({ service: 'intake', level: 'debug', destination }));
  return lines.join('');
}

describe('the log', () => {
  it('is one JSON object a line with service, level and time', () => {
    const entry = JSON.parse(logged((logger) => logger.info({ tips: 3 }, 'imported'))) as Record<string, unknown>;
    expect(entry).toMatchObject({ service: 'intake', level: 'info', tips: 3, msg: 'imported' });
    expect(entry['time']).toMatch(/^\d{4}-\d{2}-\d{2}T/);
  });

  it('withholds credentials, bodies and personal data at any depth', () => {
    const secrets = {
      headers: { authorization: 'Bearer abc.def', Cookie: 'session=xyz' },
      body: { content: 'Nội dung tố giác' },
      request: { informant: { name: 'Trần Thị Bí Mật', phone: '0912345678' } },
      rows: [{ idNumber: '079123456789' }, { address: '12 Lê Lợi' }],
      client_secret: 'desk-demo',
      password: 'canbo-demo',
      wrapped: Buffer.from('key-bytes'),
    };
    const text = logged((logger) => {
      logger.info(secrets, 'one');
      logger.child({ phone: '0987654321' }).warn({ nested: { a: { b: { informant: 'Bí Mật' } } } }, 'two');
    });
    for (const secret of [
      'abc.def',
      'xyz',
      'Nội dung',
      'Bí Mật',
      '0912345678',
      '079123456789',
      'Lê Lợi',
      'desk-demo',
      'canbo-demo',
      'key-bytes',
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('[withheld]');
  });

  it('keeps of an error its type, code and stack, and of a PostgreSQL error no value', () => {
    const error = Object.assign(new Error('Key (phone)=(0912345678) already exists'), {
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (phone)=(0912345678)',
      table: 'tips',
      constraint: 'tips_key',
    });
    const text = logged((logger) => {
      logger.error({ err: error }, 'broken');
      logger.error({ failure: new Error('outer', { cause: error }) }, 'broken');
      logger.error(error, 'broken');
    });
    expect(text).not.toContain('0912345678');
    expect(text).toContain('23505');
    expect(text).toContain('tips_key');
    expect(text).toContain('logger.spec');
  });
});
