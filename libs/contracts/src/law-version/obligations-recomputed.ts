import { IsInt, IsISO8601, Min } from 'class-validator';

/** Every open duty goes by a published version of the law now. Each that moved has an `ObligationMoved` of its own. */
export class ObligationsRecomputed {
  static readonly type = 'ObligationsRecomputed';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsInt() @Min(1) lawNumber!: number;
  /** Matters that were looked at. */
  @IsInt() @Min(0) matters!: number;
  /** Duties that moved. */
  @IsInt() @Min(0) moved!: number;
  @IsISO8601() finishedAt!: string;
}
