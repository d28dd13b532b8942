import { IsISO8601, IsString, IsUUID } from 'class-validator';

/** The competent body takes the tip on. Starts the verification term (BLTTHS 147(1)) and the assignment term (TTLT 01/2017 Art 9). */
export class CrimeTipAccepted {
  static readonly type = 'CrimeTipAccepted';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() tipId!: string;
  @IsISO8601() acceptedAt!: string;
  @IsString() unitCode!: string;
}
