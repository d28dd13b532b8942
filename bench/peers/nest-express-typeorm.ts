import 'reflect-metadata';
import { createCipheriv, createHash, randomBytes, randomUUID } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Headers,
  HttpCode,
  Inject,
  Injectable,
  Module,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { Column, DataSource, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { serveChild } from '../harness/child.js';

/** The reference of B4: what a team would write from the documents of Nest, Express, TypeORM and class-validator. */

@Entity('tips')
@Index(['receivedAt'])
@Index(['unitCode', 'receivedAt'])
@Index(['number', 'year'])
class Tip {
  @PrimaryColumn('uuid') id!: string;
  @Column() number!: number;
  @Column() year!: number;
  @Column() status!: string;
  @Column() kind!: string;
  @Column() channel!: string;
  @Column({ name: 'received_at', type: 'timestamptz' }) receivedAt!: Date;
  @Column({ name: 'received_by' }) receivedBy!: string;
  @Column({ name: 'unit_code' }) unitCode!: string;
  @Column({ name: 'supervised_by' }) supervisedBy!: string;
  @Column({ name: 'commune_code', type: 'text', nullable: true }) communeCode!: string | null;
  @Column({ type: 'text', nullable: true }) category!: string | null;
  @Column({ type: 'int', nullable: true }) article!: number | null;
  @Column({ type: 'int', nullable: true }) clause!: number | null;
  @Column({ name: 'informant_given' }) informantGiven!: boolean;
  @Column('text') content!: string;
}

@Entity('events')
@Unique(['tipId', 'version'])
class TipEvent {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id!: string;
  @Column('uuid', { name: 'tip_id' }) tipId!: string;
  @Column() version!: number;
  @Column() type!: string;
  @Column('jsonb') data!: object;
  @Column('jsonb') meta!: object;
  @Column({ name: 'recorded_at', type: 'timestamptz', default: () => 'now()' }) recordedAt!: Date;
}

@Entity('keys')
class TipKey {
  @PrimaryColumn('uuid', { name: 'tip_id' }) tipId!: string;
  @Column('bytea', { name: 'wrapped_key' }) wrappedKey!: Buffer;
}

@Entity('informants')
class Informant {
  @PrimaryColumn('uuid', { name: 'tip_id' }) tipId!: string;
  @Column('text') sealed!: string;
}

@Entity('access_log')
class Access {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id!: string;
  @Column({ type: 'timestamptz' }) at!: Date;
  @Column({ name: 'actor_id' }) actorId!: string;
  @Column('uuid', { name: 'tip_id' }) tipId!: string;
  @Column() what!: string;
}

@Entity('commands')
class Command {
  @PrimaryColumn() key!: string;
  @Column() fingerprint!: string;
  @Column('uuid', { name: 'tip_id' }) tipId!: string;
}

@Entity('series')
class Series {
  @PrimaryColumn() series!: string;
  @PrimaryColumn() year!: number;
  @Column() last!: number;
}

const KINDS = ['denunciation', 'report', 'recommendation'];
const CHANNELS = ['counter', 'phone', 'post', 'email', 'agency', 'press', 'online', 'discovery'];

class OffenceDto {
  @IsInt() article!: number;
  @IsOptional() @IsInt() clause?: number;
}

class InformantDto {
  @IsOptional() @IsString() @Length(1, 200) name?: string;
  @IsOptional() @IsString() @MaxLength(500) address?: string;
  @IsOptional() @IsString() @MaxLength(50) phone?: string;
}

class ReceiveTipDto {
  @IsIn(KINDS) kind!: string;
  @IsIn(CHANNELS) channel!: string;
  @IsISO8601({ strict: true }) receivedAt!: string;
  @IsString() @Length(1, 20_000) content!: string;
  @IsString() @Length(1, 50) unitCode!: string;
  @IsOptional() @Matches(/^\d{5}$/) communeCode?: string;
  @IsOptional() @IsString() @MaxLength(50) category?: string;
  @IsOptional() @ValidateNested() @Type(() => OffenceDto) offence?: OffenceDto;
  @IsOptional() @ValidateNested() @Type(() => InformantDto) informant?: InformantDto;
}

interface Order {
  databaseUrl: string;
  issuer: string;
  jwksUri: string;
  masterKey: string;
  tls: { key: string; cert: string };
}

interface Officer {
  id: string;
  units: string[];
}

let settings: Order;
let keys: JWTVerifyGetKey;

/** As in the documents' chapter on authentication: the token is verified at each request. */
@Injectable()
class AuthGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; officer?: Officer }>();
    const token = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
    if (!token) throw new UnauthorizedException();
    try {
      const { payload } = await jwtVerify(token, keys, { issuer: settings.issuer, audience: 'urn:tinbao:api' });
      request.officer = { id: payload.sub!, units: payload['units'] as string[] };
    } catch (error) {
      throw new UnauthorizedException(String(error));
    }
    return true;
  }
}

function seal(key: Buffer, text: string | Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

@Injectable()
class TipsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** One transaction: number under a lock, key, informant, access record, tip, event, idempotency key. */
  async receive(body: ReceiveTipDto, officer: Officer, idempotencyKey: string): Promise<Tip> {
    const tipId = randomUUID();
    const key = randomBytes(32);
    const sealed = seal(key, body.content).toString('base64url');
    const year = Number(body.receivedAt.slice(0, 4));
    return this.dataSource.transaction(async (manager) => {
      await manager
        .createQueryBuilder()
        .insert()
        .into(Series)
        .values({ series: body.unitCode, year, last: 0 })
        .orIgnore()
        .execute();
      const series = await manager.findOneOrFail(Series, {
        where: { series: body.unitCode, year },
        lock: { mode: 'pessimistic_write' },
      });
      series.last += 1;
      await manager.update(Series, { series: series.series, year }, { last: series.last });
      await manager.insert(TipKey, {
        tipId,
        wrappedKey: seal(Buffer.from(settings.masterKey, 'base64'), key),
      });
      if (body.informant) {
        await manager.insert(Informant, {
          tipId,
          sealed: seal(key, JSON.stringify(body.informant)).toString('base64url'),
        });
      }
      const tip = manager.create(Tip, {
        id: tipId,
        number: series.last,
        year,
        status: 'received',
        kind: body.kind,
        channel: body.channel,
        receivedAt: new Date(body.receivedAt),
        receivedBy: officer.id,
        unitCode: body.unitCode,
        supervisedBy: 'VKS-80',
        communeCode: body.communeCode ?? null,
        category: body.category ?? null,
        article: body.offence?.article ?? null,
        clause: body.offence?.clause ?? null,
        informantGiven: body.informant !== undefined,
        content: sealed,
      });
      await manager.insert(Tip, tip);
      const { informant: _informant, ...rest } = body;
      await manager.save(
        manager.create(TipEvent, {
          tipId,
          version: 1,
          type: 'CrimeTipReceived',
          data: { ...rest, content: sealed, tipId, registerNumber: { number: series.last, year } },
          meta: { actor: officer, happenedAt: body.receivedAt },
        }),
      );
      await manager.save(manager.create(Access, { at: new Date(), actorId: officer.id, tipId, what: 'content.read' }));
      await manager.insert(Command, {
        key: `${officer.id}:${idempotencyKey}`,
        fingerprint: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
        tipId,
      });
      return tip;
    });
  }
}

@Controller('api/tips')
@UseGuards(AuthGuard)
class TipsController {
  constructor(@Inject(TipsService) private readonly tips: TipsService) {}

  @Post()
  @HttpCode(201)
  async receive(
    @Body() body: ReceiveTipDto,
    @Headers('idempotency-key') idempotencyKey: string,
    @Req() request: { officer: Officer },
  ): Promise<object> {
    if (!request.officer.units.includes(body.unitCode)) throw new ForbiddenException();
    const tip = await this.tips.receive(body, request.officer, idempotencyKey);
    return { ...tip, content: body.content };
  }
}

let close: () => Promise<void> = () => Promise.resolve();

async function start(order: Order): Promise<{ port: number; tlsPort: number }> {
  settings = order;
  keys = createRemoteJWKSet(new URL(order.jwksUri));

  @Module({
    imports: [
      TypeOrmModule.forRoot({
        type: 'postgres',
        url: order.databaseUrl,
        entities: [Tip, TipEvent, TipKey, Informant, Access, Command, Series],
        synchronize: true,
        poolSize: 20,
      }),
    ],
    controllers: [TipsController],
    providers: [TipsService, AuthGuard],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  await app.listen(0, '127.0.0.1');
  // The same application behind a listener that ends TLS, as Node's own documents do it.
  const secure = createHttpsServer(order.tls, app.getHttpAdapter().getInstance() as RequestListener);
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  close = async () => {
    secure.close();
    await app.close();
  };
  const portOf = (server: { address(): unknown }): number => (server.address() as { port: number }).port;
  return { port: portOf(app.getHttpServer() as Server), tlsPort: portOf(secure) };
}

serveChild({ start, stop: () => close() });
