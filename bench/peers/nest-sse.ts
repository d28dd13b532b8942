// A Nest server with @Sse, as https://docs.nestjs.com/techniques/server-sent-events says: an Observable of objects.
import 'reflect-metadata';
import { Controller, Module, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Observable, Subject } from 'rxjs';
import { serveChild } from '../harness/child.js';

interface Message {
  id: string;
  type: string;
  data: object;
}

const messages = new Subject<Message>();

@Controller()
class LiveController {
  @Sse('live')
  live(): Observable<Message> {
    return messages.asObservable();
  }
}

@Module({ controllers: [LiveController] })
class AppModule {}

let close: () => Promise<void> = () => Promise.resolve();
let common: object = {};

serveChild({
  start: async (given: object) => {
    common = given;
    const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
    await app.listen(0, '127.0.0.1');
    close = async () => {
      (app.getHttpServer() as { closeAllConnections(): void }).closeAllConnections();
      await app.close();
    };
    return { port: (app.getHttpServer().address() as { port: number }).port };
  },
  stop: () => close(),
  methods: {
    publish: async (turn: number) => {
      messages.next({
        id: String(turn),
        type: 'dashboard',
        data: { turn, sentAt: performance.timeOrigin + performance.now(), ...common },
      });
      await Promise.resolve();
    },
    rss: () => Promise.resolve(process.memoryUsage().rss),
  },
});
