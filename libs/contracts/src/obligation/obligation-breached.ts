import { IsISO8601, IsString, IsUUID } from 'class-validator';

/** A statutory duty has not been done by its latest arguable last day. Kept for ever. */
export class ObligationBreached {
  static readonly type = 'ObligationBreached';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() obligationId!: string;
  @IsUUID() matterId!: string;
  @IsString() rule!: string;
  @IsString() unitCode!: string;
  @IsString() supervisedBy!: string;
  @IsString() due!: string;
  @IsString() latestArguable!: string;
  @IsISO8601() breachedAt!: string;
}
