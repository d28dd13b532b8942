import { IsISO8601, IsInt, IsUUID } from 'class-validator';

/** The court's outcome by accused, for the right-crime rate. */
export class CourtOutcomeRecorded {
  static readonly type = 'CourtOutcomeRecorded';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() caseId!: string;
  @IsISO8601() decidedAt!: string;
  @IsInt() convictedSameOffence!: number;
  @IsInt() convictedOtherOffence!: number;
}
