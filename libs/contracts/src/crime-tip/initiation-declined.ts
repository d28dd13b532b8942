import { Type } from 'class-transformer';
import { IsBoolean, IsISO8601, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';
import { Decision } from '../values.js';

/** The body has decided not to initiate a criminal case (BLTTHS 157, 158), with or without administrative referral. */
export class InitiationDeclined {
  static readonly type = 'InitiationDeclined';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() declinedAt!: string;
  @IsOptional() @IsString() reason?: string;
  @IsBoolean() administrativeReferral!: boolean;
  @ValidateNested() @Type(() => Decision) decision!: Decision;
}
