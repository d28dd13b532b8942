import { Type } from 'class-transformer';
import { IsISO8601, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';
import { Decision } from '../values.js';

/** Verification is resumed: a new term of one month, not the remainder (BLTTHS 149(1)). */
export class VerificationResumed {
  static readonly type = 'VerificationResumed';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() resumedAt!: string;
  @IsOptional() @IsString() reason?: string;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}
