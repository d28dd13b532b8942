import { IsISO8601, IsUUID } from 'class-validator';

/** The investigation is resumed with a new term (BLTTHS 174(1)). */
export class InvestigationResumed {
  static readonly type = 'InvestigationResumed';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() resumedAt!: string;
}
