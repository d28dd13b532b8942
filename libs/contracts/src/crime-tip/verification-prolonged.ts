import { Type } from 'class-transformer';
import { IsISO8601, IsUUID, ValidateNested } from 'class-validator';
import { Decision } from '../values.js';

/** The head prolongs verification to at most two months in total from receipt (BLTTHS 147(2), TTLT 01/2017 Art 11(1)). */
export class VerificationProlonged {
  static readonly type = 'VerificationProlonged';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() prolongedAt!: string;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}
