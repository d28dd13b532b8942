import { Type } from 'class-transformer';
import { IsISO8601, IsOptional, IsUUID, Matches, ValidateNested } from 'class-validator';
import { LEGAL_DATE } from '../words.js';
import { Decision } from '../values.js';

/** The procuracy's extension has reached the tip (BLTTHS 147(2), TTLT 01/2017 Art 11(2)). */
export class VerificationExtended {
  static readonly type = 'VerificationExtended';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsUUID() requestId!: string;
  @IsISO8601() extendedAt!: string;
  @IsOptional() @Matches(LEGAL_DATE) from?: string;
  @IsOptional() @Matches(LEGAL_DATE) to?: string;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}
