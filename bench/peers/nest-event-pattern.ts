import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, type MicroserviceOptions, Payload, Transport } from '@nestjs/microservices';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { serveChild } from '../harness/child.js';

/** The peer of B8: a Nest microservice on Kafka as its documents write it, one handler call and one upsert an event. */

interface Envelope {
  subject: string;
  streamversion: number;
  type: string;
  time: string;
  data: { unitCode: string; note: string };
}

interface Order {
  brokers: string[];
  topic: string;
  groupId: string;
  url: string;
}

let order: Order;
let first = 0;
let handled = 0;

@Controller()
class MattersController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async project({ subject, streamversion, type, time, data }: Envelope): Promise<void> {
    first ||= performance.now();
    await this.database.query(
      `INSERT INTO deadlines.matters AS m (id, unit, last_type, last_at, bytes, events, version)
       VALUES ($1, $2, $3, $4, $5, 1, $6)
       ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, last_type = excluded.last_type, last_at = excluded.last_at,
         bytes = m.bytes + excluded.bytes, events = m.events + 1, version = excluded.version
       WHERE m.version < excluded.version`,
      [subject, data.unitCode, type, time, data.note.length, streamversion],
    );
    handled += 1;
  }
}

/** The topic's name is known only at run time. */
function decorate(topic: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(MattersController.prototype, 'project')!;
  EventPattern(topic)(MattersController.prototype, 'project', descriptor);
  Payload()(MattersController.prototype, 'project', 0);
}

function moduleFor({ url }: Order): new () => object {
  @Module({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, synchronize: false, logging: false })],
    controllers: [MattersController],
  })
  class PeerModule {}
  return PeerModule;
}

let close: () => Promise<void> = async () => undefined;

serveChild({
  start: async (given: Order) => {
    order = given;
    decorate(order.topic);
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleFor(order), {
      logger: false,
      transport: Transport.KAFKA,
      options: {
        client: { clientId: 'bench-nest', brokers: order.brokers, logLevel: 0 },
        consumer: { groupId: order.groupId, allowAutoTopicCreation: false },
        subscribe: { fromBeginning: true },
        postfixId: '',
      },
    });
    await app.listen();
    close = () => app.close();
    return null;
  },
  stop: () => close(),
  methods: {
    /** Waits for the first event and counts for so long from there. */
    measure: async ({ seconds }: { seconds: number }) => {
      const began = performance.now();
      while (handled === 0 && performance.now() - began < 30_000)
        await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const [ops, took] = [handled, (performance.now() - first) / 1000];
      // Ends at once: offsets of what it has in hand are not awaited.
      return { ops, seconds: took };
    },
  },
});
