import { Readable } from 'node:stream';
import { type Caller, decodeCursor, encodeCursor, type Fault, Forbidden, type ListAnswer, Malformed } from '@app/http';
import { type LawVersion, type LegalDate, legalDateOf } from '@app/legal-time-limits';
import type { ServiceContext } from '@app/service';
import { Inject, Injectable } from '@nestjs/common';
import { stringify } from 'csv-stringify/sync';
import { wordsOfRule } from '../alerts/inbox-list.js';
import { DEADLINES_CONTEXT } from '../context.js';
import type { LawDocument } from '@app/contracts';
import { LawBook } from './law-book.js';
import { type LawDraft, type Move, type MovesPreview, movesPage, previewMoves } from './preview-moves.js';
import { firstAnswer, lawChanged, movesChanged, type Publication, type Published, publishLaw } from './publish-law.js';
import { RecomputeLoop } from './recompute-loop.js';

/** Rows of a download that are calculated at once. */
const DOWNLOAD_PAGE = 1_000;

/** What every publication states beside the law itself. */
export interface Announcement {
  document: LawDocument;
  announcedOn: LegalDate;
}

/** How one kind of publication is made from what an operator sent, for whatever version it follows. */
export interface LawAuthor {
  announcement: Announcement;
  /** Everything that keeps it from being published after that version. @param today legal day */
  faults(last: LawVersion, today: LegalDate): Fault[];
  /** The version and whom it may concern. */
  draftAfter(last: LawVersion, publishedAt: string): LawDraft;
  /** The event to write. */
  publicationAfter(last: LawVersion, publishedAt: string): Publication;
}

/** A preview: what would be published after which version, and what it would move. */
export interface DraftPreview extends MovesPreview {
  /** Number of the version that the draft follows; a publication names it again. */
  basedOn: number;
  name: string;
}

export interface Confirmation {
  basedOn: number;
  confirmedMoves: number;
}

/** Where drafts of the law are tried and published; the slices for calendars and rules say what a draft is. */
@Injectable()
export class LawDesk {
  constructor(
    @Inject(DEADLINES_CONTEXT) private readonly service: ServiceContext,
    private readonly law: LawBook,
    private readonly recompute: RecomputeLoop,
  ) {}

  /** The law over time, as published up to now. */
  history(): Promise<readonly LawVersion[]> {
    return this.law.history(this.service.pool);
  }

  /** Today in Viet Nam. */
  private today(): LegalDate {
    return legalDateOf(this.service.clock.now().toISOString());
  }

  /**
   * What a draft would move; nothing is written.
   *
   * @throws Malformed with every fault of the draft
   */
  async preview(author: LawAuthor): Promise<DraftPreview> {
    const { history, draft, now } = await this.draft(author);
    const preview = await previewMoves(this.service.pool, history, draft, now);
    return { basedOn: draft.version.number - 1, name: draft.version.name, ...preview };
  }

  /** The duties behind a preview, page by page. */
  async moves(author: LawAuthor, page: { limit: number; cursor: string | undefined }): Promise<ListAnswer<Move>> {
    const { history, draft } = await this.draft(author);
    const after = page.cursor === undefined ? undefined : placeOf(page.cursor);
    const found = await movesPage(this.service.pool, history, draft, {
      limit: page.limit,
      ...(after ? { after } : {}),
    });
    const items = found.slice(0, page.limit);
    const last = items.at(-1);
    const more = found.length > page.limit && last;
    return { items, nextCursor: more ? encodeCursor([last.matterId, last.obligationId]) : null };
  }

  /** The same as a CSV file, calculated while it is sent. */
  async movesFile(author: LawAuthor): Promise<Readable> {
    const { history, draft } = await this.draft(author);
    return Readable.from(this.lines(history, draft));
  }

  private async *lines(history: readonly LawVersion[], draft: LawDraft): AsyncGenerator<string> {
    // The mark lets spreadsheets read Vietnamese.
    yield `\uFEFF${COLUMNS.join(',')}\r\n`;
    let after: [string, string] | undefined;
    for (;;) {
      const page = { limit: DOWNLOAD_PAGE, ...(after ? { after } : {}) };
      const found = await movesPage(this.service.pool, history, draft, page);
      const items = found.slice(0, DOWNLOAD_PAGE);
      if (items.length > 0) {
        yield stringify(items.map(cellsOf), { record_delimiter: '\r\n', escape_formulas: true });
      }
      if (found.length <= DOWNLOAD_PAGE) return;
      const last = items.at(-1)!;
      after = [last.matterId, last.obligationId];
    }
  }

  /**
   * Publish, when the caller confirmed the number of duties that it moves.
   *
   * @throws HttpProblem LawVersionChanged, MovesChanged; Forbidden for an operator of a part of the country
   */
  async publish(
    author: LawAuthor,
    confirmation: Confirmation,
    request: { caller: Caller; correlationId: string; idempotency: { key: string; fingerprint: string } | undefined },
  ): Promise<Published> {
    const { caller, idempotency } = request;
    if (!caller.units.includes('*')) {
      throw new Forbidden(
        'LawNeedsWholeScope',
        {
          vi: 'Lịch nghỉ và quy tắc áp dụng cho cả nước: chỉ quản trị toàn hệ thống được công bố.',
          en: 'Calendar and rules hold for the whole country: only an operator of all units publishes them.',
        },
        { rightHolders: ['operator *'] },
      );
    }
    const { pool, store, clock } = this.service;
    const first = await firstAnswer(pool, idempotency);
    if (first) return first;
    const { history, draft, now } = await this.draft(author);
    const newest = history.at(-1)!.number;
    if (newest !== confirmation.basedOn) throw lawChanged(confirmation.basedOn, newest);
    const { moves } = await previewMoves(pool, history, draft, now);
    if (moves !== confirmation.confirmedMoves) throw movesChanged(confirmation.confirmedMoves, moves);
    const published = await publishLaw(pool, store, this.law, clock.now(), {
      ...request,
      basedOn: confirmation.basedOn,
      publicationAfter: (last, publishedAt) => author.publicationAfter(last, publishedAt),
    });
    this.recompute.wake();
    return published;
  }

  /** What is wrong with the announcement itself. */
  private announcementFaults({ document, announcedOn }: Announcement, today: LegalDate): Fault[] {
    const faults: Fault[] = [];
    if (announcedOn > today) {
      faults.push({
        field: 'announcedOn',
        constraint: 'future',
        vi: `Ngày công bố ${announcedOn} chưa đến.`,
        en: `The day of announcement ${announcedOn} lies ahead.`,
      });
    }
    if (document.signedOn > announcedOn) {
      faults.push({
        field: 'document.signedOn',
        constraint: 'order',
        vi: `Văn bản ký ngày ${document.signedOn} không thể công bố trước, ngày ${announcedOn}.`,
        en: `A document signed on ${document.signedOn} cannot have been announced before, on ${announcedOn}.`,
      });
    }
    return faults;
  }

  private async draft(author: LawAuthor): Promise<{ history: readonly LawVersion[]; draft: LawDraft; now: Date }> {
    const now = this.service.clock.now();
    const history = await this.history();
    const last = history.at(-1)!;
    const today = this.today();
    const faults = [...this.announcementFaults(author.announcement, today), ...author.faults(last, today)];
    if (faults.length > 0) throw new Malformed(faults);
    return { history, draft: author.draftAfter(last, now.toISOString()), now };
  }
}

const ID = /^[0-9a-f-]{36}$/;

function placeOf(cursor: string): [string, string] {
  const [matterId, obligationId] = decodeCursor(cursor);
  if (typeof matterId === 'string' && typeof obligationId === 'string' && ID.test(matterId) && ID.test(obligationId)) {
    return [matterId, obligationId];
  }
  throw new Malformed([
    { field: 'cursor', constraint: 'cursor', vi: 'Con trỏ trang không hợp lệ.', en: 'The cursor is not one of ours.' },
  ]);
}

const COLUMNS = [
  'matter_number',
  'matter_id',
  'matter_kind',
  'unit_code',
  'supervised_by',
  'rule',
  'name_vi',
  'owed_by',
  'safe_by_before',
  'safe_by_after',
  'due_before',
  'due_after',
  'latest_arguable_before',
  'latest_arguable_after',
  'safe_by_days',
  'due_days',
  'latest_arguable_days',
];

function cellsOf(move: Move): (string | number)[] {
  const { before, after, shift } = move;
  return [
    move.matterNumber ?? '',
    move.matterId,
    move.matterKind,
    move.unitCode ?? '',
    move.supervisedBy ?? '',
    move.rule,
    wordsOfRule(move.rule).name.vi,
    move.owedBy,
    before.safeBy,
    after.safeBy,
    before.due,
    after.due,
    before.latestArguable,
    after.latestArguable,
    shift.safeBy,
    shift.due,
    shift.latestArguable,
  ];
}
