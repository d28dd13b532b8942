import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Controller, Get, HttpCode, Inject, Param, ParseUUIDPipe, Post, Query, Req, Res } from '@nestjs/common';
import type { MultipartFile } from '@fastify/multipart';
import { IdempotencyKeyReused } from '@app/event-store';
import {
  CorrelationId,
  CurrentCaller,
  IdempotencyKey,
  Malformed,
  NotFound,
  PageQuery,
  listAnswer,
  parsePage,
  TakesLong,
} from '@app/http';
import type { Caller, ListAnswer } from '@app/http';
import { Permit } from '@app/security';
import type { ServiceContext } from '@app/service';
import { stringify } from 'csv-stringify/sync';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { INTAKE_CONTEXT } from '../context.js';
import { ImportRunner } from './import-runner.js';
import type { UploadedFile } from './import-runner.js';
import type { ImportRun, Reject } from './import-runs.js';
import { viewOf } from './import-view.js';
import type { ImportView } from './import-view.js';

const SHOWN_REJECTS = 1_000;
const REJECTS_PAGE = 2_000;

const PERMISSION = { verb: 'import.run', roles: ['operator'], scope: 'all' } as const;

/** Bulk import of units, tips and cases: the files are taken in the background, progress is asked for by id. */
@Controller('api/imports')
export class ImportsController {
  constructor(
    @Inject(INTAKE_CONTEXT) private readonly context: ServiceContext,
    private readonly runner: ImportRunner,
  ) {}

  @Post()
  @TakesLong()
  @HttpCode(202)
  @Permit(PERMISSION)
  async start(
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
    @CorrelationId() correlationId: string,
    @IdempotencyKey() key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Pick<ImportView, 'id' | 'state'>> {
    const folder = join(this.context.settings.dataDir, 'imports', randomUUID());
    let isKept = false;
    try {
      const upload = await receive(request, folder);
      const { run, isNew, fingerprint } = await this.runner.queue({
        files: upload.files,
        dryRun: upload.dryRun,
        actor: { id: caller.id, role: caller.role, unit: caller.unit },
        correlationId,
        ...(key === undefined ? {} : { request: { key: `${caller.id}:${key}`, fingerprint: upload.fingerprint } }),
      });
      isKept = isNew;
      if (!isNew && fingerprint !== upload.fingerprint) throw new IdempotencyKeyReused(key ?? '');
      void reply.header('location', `/api/imports/${run.id}`);
      return { id: run.id, state: run.state };
    } finally {
      if (!isKept) await rm(folder, { recursive: true, force: true });
    }
  }

  @Get()
  @Permit(PERMISSION)
  async list(@Query() query: PageQuery): Promise<ListAnswer<ImportView>> {
    const page = parsePage(query);
    const [createdAt, id] = page.after ?? [];
    const after = createdAt === undefined ? undefined : { createdAt: String(createdAt), id: String(id) };
    const runs = await this.runner.runs.list(page.limit + 1, after);
    return listAnswer(
      runs.map((run) => viewOf(run, [])),
      page,
      (view) => [view.createdAt, view.id],
    );
  }

  @Get(':id')
  @Permit(PERMISSION)
  async one(@Param('id', ParseUUIDPipe) id: string): Promise<ImportView> {
    const run = await this.find(id);
    const { rejects } = await this.runner.runs.rejectsOf(run, SHOWN_REJECTS);
    return viewOf(run, rejects);
  }

  /** All refused rows, for a spreadsheet: place and reason, never the row itself (it may hold names). */
  @Get(':id/rejects.csv')
  @Permit(PERMISSION)
  async rejects(@Param('id', ParseUUIDPipe) id: string, @Res() reply: FastifyReply): Promise<void> {
    const run = await this.find(id);
    await reply
      .header('content-type', 'text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="rejects-${run.id}.csv"`)
      .send(Readable.from(this.rejectLines(run)));
  }

  private async *rejectLines(run: ImportRun): AsyncGenerator<string> {
    // The mark lets spreadsheets read Vietnamese.
    yield '\uFEFFfile,line,column,code,reason_vi,reason_en\r\n';
    for (let after = 0; ;) {
      const { rejects, last } = await this.runner.runs.rejectsOf(run, REJECTS_PAGE, after);
      if (rejects.length === 0) return;
      yield stringify(rejects.map(cellsOf), { record_delimiter: '\r\n', escape_formulas: true });
      after = last;
    }
  }

  private async find(id: string): Promise<ImportRun> {
    const run = await this.runner.runs.get(id);
    if (!run) throw new NotFound('Import', id);
    return run;
  }
}

function cellsOf({ file, line, column, code, reason }: Reject): (string | number)[] {
  return [file, line, column ?? '', code, reason.vi, reason.en];
}

interface Upload {
  files: UploadedFile[];
  dryRun: boolean;
  /** Digest over names, contents and the option. */
  fingerprint: string;
}

/** Write the request's files to a folder of their own as they arrive; nothing is held in memory. */
async function receive(request: FastifyRequest, folder: string): Promise<Upload> {
  if (!request.isMultipart()) {
    throw malformed('multipart', 'Gửi tệp dạng multipart/form-data.', 'Send the files as multipart/form-data.');
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: UploadedFile[] = [];
  const digest = createHash('sha256');
  let dryRun = false;
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      const path = join(
        folder,
        `${files.length}${extname(part.filename)
          .toLowerCase()
          .replace(/[^.a-z0-9]/g, '')}`,
      );
      digest
        .update(part.filename)
        .update('\0')
        .update(await save(part, path))
        .update('\0');
      files.push({ name: part.filename.slice(-200), path });
    } else if (part.fieldname === 'dryRun') {
      dryRun = part.value === 'true' || part.value === 'yes' || part.value === '1';
    }
  }
  if (files.length === 0) throw malformed('file', 'Chưa có tệp nào.', 'There is no file.');
  return { files, dryRun, fingerprint: digest.update(String(dryRun)).digest('hex') };
}

async function save(part: MultipartFile, path: string): Promise<Buffer> {
  const digest = createHash('sha256');
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(part.file, measure, createWriteStream(path, { mode: 0o600 }));
  if (part.file.truncated) {
    throw malformed('fileSize', `Tệp ${part.filename} quá lớn.`, `The file ${part.filename} is too large.`);
  }
  return digest.digest();
}

function malformed(constraint: string, vi: string, en: string): Malformed {
  return new Malformed([{ field: 'file', constraint, vi, en }]);
}
