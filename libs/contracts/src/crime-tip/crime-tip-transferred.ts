import { IsISO8601, IsOptional, IsString, IsUUID } from 'class-validator';

/** The tip has been sent to another body; still the sender's until acknowledged. */
export class CrimeTipTransferred {
  static readonly type = 'CrimeTipTransferred';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() transferredAt!: string;
  @IsString() fromUnit!: string;
  @IsString() toUnit!: string;
  @IsOptional() @IsString() reason?: string;
}
