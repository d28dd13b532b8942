import { Type } from 'class-transformer';
import { IsISO8601, IsOptional, IsString, IsUUID, ValidateNested } from 'class-validator';
import { Decision } from '../values.js';

/** The procuracy refuses the extension with reasons (TTLT 01/2017 Art 11(2)). */
export class ExtensionRefused {
  static readonly type = 'ExtensionRefused';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() requestId!: string;
  @IsUUID() tipId!: string;
  @IsISO8601() refusedAt!: string;
  @IsString() reason!: string;
  @IsOptional() @ValidateNested() @Type(() => Decision) decision?: Decision;
}
