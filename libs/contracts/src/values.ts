import { IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { LEGAL_DATE } from './words.js';

/** Number in a unit's register of one year; gapless. Written `12/2026` on screens and over HTTP. */
export class RegisterNumber {
  @IsInt() @Min(1) number!: number;
  @IsInt() @Min(1900) @Max(2200) year!: number;
}

/** An offence of the Penal Code by article and clause; the clause fixes its class. */
export class Offence {
  @IsInt() @Min(1) @Max(999) article!: number;
  @IsOptional() @IsInt() @Min(1) @Max(99) clause?: number;
}

/** A written decision as printed: number, day of signature, signer, and the from–to dates where it has them. */
export class Decision {
  @IsString() @Length(1, 100) number!: string;
  @Matches(LEGAL_DATE) signedOn!: string;
  @IsString() @Length(1, 200) signer!: string;
  @IsOptional() @Matches(LEGAL_DATE) from?: string;
  @IsOptional() @Matches(LEGAL_DATE) to?: string;
}

/** The two days of a term. */
export class PrintedTerm {
  @IsOptional() @Matches(LEGAL_DATE) from?: string;
  @IsOptional() @Matches(LEGAL_DATE) to?: string;
}
