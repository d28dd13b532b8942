import { Type } from 'class-transformer';
import { IsString, IsUUID, ValidateNested } from 'class-validator';
import { PrintedTerm } from '../values.js';

/** The dates printed on a decision differ from the computed ones; the printed ones win, the difference is kept. */
export class PrintedTermDiffered {
  static readonly type = 'PrintedTermDiffered';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsString() act!: string;
  @ValidateNested() @Type(() => PrintedTerm) printed!: PrintedTerm;
  @ValidateNested() @Type(() => PrintedTerm) computed!: PrintedTerm;
}
