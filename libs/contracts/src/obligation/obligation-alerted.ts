import { IsBoolean, IsIn, IsISO8601, IsString, IsUUID } from 'class-validator';
import { ALERT_RUNGS, type AlertRung } from '../words.js';

/** Time is running out for a statutory duty: one rung of the ladder of alerts has been reached. */
export class ObligationAlerted {
  static readonly type = 'ObligationAlerted';
  static readonly version = 1;
  static readonly visibility = 'public';

  @IsUUID() obligationId!: string;
  @IsUUID() matterId!: string;
  @IsString() rule!: string;
  @IsIn(ALERT_RUNGS) rung!: AlertRung;
  @IsString() unitCode!: string;
  @IsString() supervisedBy!: string;
  @IsString() due!: string;
  @IsString() latestArguable!: string;
  /** When it was told; its moment by the ladder is the event's legal time. */
  @IsISO8601() firedAt!: string;
  /** A more urgent rung had been reached as well by then (after downtime): recorded, but nobody is told of this one. */
  @IsBoolean() overtaken!: boolean;
}
