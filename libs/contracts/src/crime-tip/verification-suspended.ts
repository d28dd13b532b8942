import { Type } from 'class-transformer';
import { IsBoolean, IsISO8601, IsIn, IsUUID, ValidateNested } from 'class-validator';
import { SUSPENSION_GROUNDS } from '../words.js';
import type { SuspensionGround } from '../words.js';
import { Decision } from '../values.js';

/** Verification is suspended on a ground of BLTTHS 148(1); the tip clock stops. */
export class VerificationSuspended {
  static readonly type = 'VerificationSuspended';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() suspendedAt!: string;
  @IsIn(SUSPENSION_GROUNDS) ground!: SuspensionGround;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
  @IsBoolean() beforeExpiry!: boolean;
}
