import { createHttpApplication } from '@app/http';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, HealthRegistry, Metrics, ObservabilityModule } from './index.js';

describe('health and metrics', () => {
  const health = new HealthRegistry();
  const metrics = new Metrics('intake');
  let app: NestFastifyApplication;
  let address: string;

  beforeAll(async () => {
    @Module({ imports: [ObservabilityModule.forRoot({ health, metrics })] })
    class Root {}
    const logger = createLogger({ service: 'intake', level: 'silent' });
    app = await createHttpApplication(Root, { logger, onAnswered: metrics.observeAnswer });
    await app.listen(0, '127.0.0.1');
    address = await app.getUrl();
  });
  afterAll(() => app.close());

  it('says that the process lives', async () => {
    const answer = await fetch(`${address}/health/live`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'live' }]);
  });

  it('is ready only when every check passes, and says which does not', async () => {
    expect((await fetch(`${address}/health/ready`)).status).toBe(503);
    health.register('intake.database', () => Promise.resolve(true));
    expect((await fetch(`${address}/health/ready`)).status).toBe(200);
    health.register('intake.carrier', () =>
      Promise.reject(Object.assign(new Error('connect 10.0.0.5:9092'), { code: 'ECONNREFUSED' })),
    );
    const answer = await fetch(`${address}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      status: 'not ready',
      checks: { 'intake.database': { ok: true }, 'intake.carrier': { ok: false, detail: 'ECONNREFUSED' } },
    });
    health.register('intake.carrier', () => Promise.resolve({ ok: true }));
  });

  it('does not wait for a check that hangs', async () => {
    health.register('intake.readers', () => new Promise(() => undefined));
    expect(await health.readiness()).toMatchObject({
      status: 'not ready',
      checks: { 'intake.readers': { ok: false, detail: 'timed out' } },
    });
    health.register('intake.readers', () => Promise.resolve(true));
  });

  it('measures answers by route and the lag of each consumer', async () => {
    metrics.watchAppends('intake', () => ({ decisions: 40, decisionsWasted: 2 }));
    metrics.watchConsumer('intake.tip-list', () => Promise.resolve({ events: 7, parkedStreams: 1 }));
    metrics.watchConsumer('intake.broken', () => Promise.reject(new Error('away')));
    metrics.gauge('tinbao_oldest_transaction_age_seconds', 'Age', () => 3);
    await fetch(`${address}/health/live?phone=0912345678`);
    const answer = await fetch(`${address}/metrics`);
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toMatch(/tinbao_http_request_duration_seconds_count\{.*route="\/health\/live".*\} [1-9]/);
    expect(text).toMatch(/tinbao_consumer_lag_events\{consumer="intake.tip-list",service="intake"\} 7/);
    expect(text).toMatch(/tinbao_consumer_parked_streams\{consumer="intake.tip-list",service="intake"\} 1/);
    expect(text).toMatch(/tinbao_append_figures\{log="intake",figure="decisionsWasted",service="intake"\} 2/);
    expect(text).toMatch(/tinbao_consumer_lag_events\{consumer="intake.broken",service="intake"\} Nan/i);
    expect(text).toMatch(/tinbao_oldest_transaction_age_seconds\{service="intake"\} 3/);
    expect(text).not.toContain('0912345678');
  });
});
