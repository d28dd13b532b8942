import { Type } from 'class-transformer';
import { IsBoolean, IsISO8601, IsIn, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';
import { CATEGORIES, TIP_CHANNELS, TIP_KINDS } from '../words.js';
import type { Category, TipChannel, TipKind } from '../words.js';
import { Offence, RegisterNumber } from '../values.js';

/** A desk has taken a tip in. Starts the classification clock (TTLT 01/2017 Art 8) and the notices of receipt. */
export class CrimeTipReceived {
  static readonly type = 'CrimeTipReceived';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @ValidateNested() @Type(() => RegisterNumber) registerNumber!: RegisterNumber;
  @IsString() unitCode!: string;
  @IsString() unitLevel!: string;
  @IsBoolean() unitRemote!: boolean;
  @IsString() supervisedBy!: string;
  @IsIn(TIP_KINDS) kind!: TipKind;
  @IsIn(TIP_CHANNELS) channel!: TipChannel;
  @IsISO8601() receivedAt!: string;
  @IsString() content!: string;
  @IsOptional() @IsString() communeCode?: string;
  @IsOptional() @IsIn(CATEGORIES) category?: Category;
  @IsOptional() @ValidateNested() @Type(() => Offence) offence?: Offence;
  @IsBoolean() informantGiven!: boolean;
  @IsBoolean() informantRefusedIdentity!: boolean;
  @IsBoolean() noticesTracked!: boolean;
  @IsString() receivedBy!: string;
}
