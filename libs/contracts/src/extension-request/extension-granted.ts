import { Type } from 'class-transformer';
import { IsISO8601, IsOptional, IsUUID, Matches, ValidateNested } from 'class-validator';
import { LEGAL_DATE } from '../words.js';
import { Decision } from '../values.js';

/** The head of the procuracy extends verification once, by at most two months (BLTTHS 147(2)). */
export class ExtensionGranted {
  static readonly type = 'ExtensionGranted';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() requestId!: string;
  @IsUUID() tipId!: string;
  @IsISO8601() grantedAt!: string;
  @IsOptional() @Matches(LEGAL_DATE) from?: string;
  @IsOptional() @Matches(LEGAL_DATE) to?: string;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}
