import { Controller, Get, Injectable, Module, Post, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { createHttpApplication, TakesLong } from './index.js';
import type { HttpLogger, Problem } from './index.js';

/** What the use cases of this spec wait for. */
let free: () => void;
let waiting: Promise<void>;
let finished = 0;
const hold = () => {
  waiting = new Promise((resolve) => {
    free = resolve;
  });
};

@Injectable()
@Controller('api')
class StuckController {
  @Post('stuck') async stuck() {
    await waiting;
    finished += 1;
    return { done: true };
  }
  @Get('fails-late') async failsLate() {
    await waiting;
    throw new Error('too late to matter');
  }
  @Get('upload') @TakesLong() async upload() {
    await waiting;
    return { done: true };
  }
  @Get('file') async file(@Res() reply: FastifyReply) {
    async function* lines() {
      yield 'first\n';
      await waiting;
      yield 'last\n';
    }
    await reply.type('text/plain').send(Readable.from(lines()));
  }
  @Get('quick') quick() {
    return { done: true };
  }
}

@Module({ controllers: [StuckController] })
class StuckModule {}

describe('an answer that is late', () => {
  const errors: string[] = [];
  const logger: HttpLogger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (_entry: unknown, message?: string) => void errors.push(String(message)),
  } as HttpLogger;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await createHttpApplication(StuckModule, { logger, answerWithinMs: 60 });
    await app.listen(0, '127.0.0.1');
  }, 60_000);
  afterAll(() => app?.close());
  const ask = async (path: string, method = 'GET') => fetch(`${await app.getUrl()}/api/${path}`, { method });

  it('is 503 with Retry-After, while the use case goes on to its end', async () => {
    hold();
    const before = finished;
    const answer = await ask('stuck', 'POST');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(((await answer.json()) as Problem).code).toBe('Unavailable');
    free();
    await waiting;
    expect(finished).toBe(before + 1);
  });

  it('does not disturb the next one when the use case fails after all', async () => {
    hold();
    expect((await ask('fails-late')).status).toBe(503);
    free();
    expect((await ask('quick')).status).toBe(200);
    expect(errors).toEqual([]);
  });

  it('is waited for where it takes long by nature, and is not cut where it has begun', async () => {
    hold();
    const [upload, file] = [ask('upload'), ask('file')];
    // Both outlast the limit: a third one is told so meanwhile.
    expect((await ask('stuck', 'POST')).status).toBe(503);
    free();
    expect(await (await upload).json()).toEqual({ done: true });
    expect(await (await file).text()).toBe('first\nlast\n');
  });
});
