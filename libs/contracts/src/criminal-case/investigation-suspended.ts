import { IsISO8601, IsUUID } from 'class-validator';

/** The investigation is suspended (BLTTHS 229). */
export class InvestigationSuspended {
  static readonly type = 'InvestigationSuspended';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() suspendedAt!: string;
}
