import { IsBoolean, IsISO8601, IsString, IsUUID } from 'class-validator';

/** The receiving body has confirmed the transfer and is responsible from now on. */
export class CrimeTipTransferAcknowledged {
  static readonly type = 'CrimeTipTransferAcknowledged';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() acknowledgedAt!: string;
  @IsString() unitCode!: string;
  @IsString() unitLevel!: string;
  @IsBoolean() unitRemote!: boolean;
  @IsString() supervisedBy!: string;
}
