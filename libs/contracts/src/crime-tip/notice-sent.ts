import { IsISO8601, IsIn, IsUUID } from 'class-validator';
import { NOTICES, NOTICE_RECIPIENTS } from '../words.js';
import type { NoticeKind, NoticeRecipient } from '../words.js';

/** A notice that the law requires has been sent. */
export class NoticeSent {
  static readonly type = 'NoticeSent';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsIn(NOTICES) notice!: NoticeKind;
  @IsIn(NOTICE_RECIPIENTS) recipient!: NoticeRecipient;
  @IsISO8601() sentAt!: string;
}
