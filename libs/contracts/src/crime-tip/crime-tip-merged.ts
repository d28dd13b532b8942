import { IsISO8601, IsUUID } from 'class-validator';

/** The tip tells of the same matter as another one and goes on there; it leaves the counts of those to be resolved. */
export class CrimeTipMerged {
  static readonly type = 'CrimeTipMerged';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() mergedAt!: string;
  /** The tip that goes on. */
  @IsUUID() intoTipId!: string;
}
