import { IsISO8601, IsString, IsUUID } from 'class-validator';

/** The procuracy's refusal has reached the tip: stop verifying and decide (TTLT 01/2017 Art 11(2)). */
export class ExtensionRefusalReceived {
  static readonly type = 'ExtensionRefusalReceived';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsUUID() requestId!: string;
  @IsISO8601() refusedAt!: string;
  @IsString() reason!: string;
}
