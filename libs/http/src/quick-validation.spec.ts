import { ValidationPipe } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Expose, Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { quickMaker } from './quick-validation.js';
import { faultsOf, validationPipe } from './validation.js';
import { Malformed } from './errors.js';

class Offence {
  @IsInt() @Min(1) @Max(500) article!: number;
  @IsOptional() @IsInt() clause?: number;
}
class Told {
  @IsISO8601({ strict: true }) @Matches(/T/, { message: 'thiếu giờ | the hour is missing' }) at!: string;
}
class Tip extends Told {
  @IsIn(['report', 'denunciation']) kind!: string;
  @IsString() @Length(1, 20) content!: string;
  @IsOptional() @Matches(/^\d{5}$/) commune?: string;
  @IsBoolean() given!: boolean;
  @ValidateIf((tip: Tip) => tip.given) @IsString() name?: string;
  @IsOptional() @ValidateNested() @Type(() => Offence) offence?: Offence;
  @ValidateNested() @Type(() => Offence) other!: Offence;
  @IsOptional() @ArrayMaxSize(2) @IsString({ each: false }) list?: unknown;
}

/** The library alone, as the pipe was before. */
const plain = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  transform: true,
  validationError: { target: false, value: false },
  exceptionFactory: (errors) => new Malformed(faultsOf(errors)),
});

/** A fixed row of numbers below `n`, so that a failure comes again. */
function chooser(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * n);
  };
}

const offences = [
  { article: 173 },
  { article: 173, clause: 1 },
  { article: 0 },
  { article: '1' },
  {},
  'x',
  null,
  [],
  5,
];
const values: Record<string, unknown[]> = {
  at: ['2026-01-05T08:00:00+07:00', '2026-01-05T08:00:00Z', '2026-02-30T08:00:00Z', '2026-01-05', 7, null],
  kind: ['report', 'denunciation', 'rumour', 3],
  content: ['a', 'Trộm xe máy', '', 'x'.repeat(21), 4, { a: 1 }, null],
  commune: ['25459', '2545', null, undefined, 25459],
  given: [true, false, 'true', null],
  name: ['An', undefined, 4, null],
  offence: offences,
  other: offences,
  list: [undefined, null, ['a'], 'a', {}],
};

const outcome = async (pipe: ValidationPipe, body: unknown, metatype: new () => object) => {
  try {
    const value: object = await pipe.transform(structuredClone(body), { type: 'body', metatype, data: undefined });
    return { value, classes: classesOf(value) };
  } catch (error) {
    return { faults: (error as Malformed).faults };
  }
};
const classesOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? [value.constructor.name, ...Object.entries(value).map(([key, one]) => [key, classesOf(one)])]
    : typeof value;

describe('the short cut of validation', () => {
  it('says of every body what the library alone says of it', async () => {
    const choose = chooser(42);
    let accepted = 0;
    let quick = 0;
    for (let turn = 0; turn < 1_500; turn += 1) {
      // Mostly the first, good values: else no body would pass.
      const body = Object.fromEntries(
        Object.entries(values).flatMap(([name, all]) => {
          const value = choose(10) < 9 ? all[choose(Math.min(2, all.length))] : all[choose(all.length)];
          return choose(30) === 0 ? [] : [[name, value]];
        }),
      );
      if (choose(25) === 0) body['unknown'] = 1;
      const expected = await outcome(plain, body, Tip);
      expect(await outcome(validationPipe(), body, Tip)).toEqual(expected);
      if (!('value' in expected)) continue;
      accepted += 1;
      if (quickMaker(Tip)!(structuredClone(body))) quick += 1;
    }
    expect(accepted).toBeGreaterThan(200);
    // It leaves to the library what is rare: lists, and objects without a class.
    expect(quick).toBeGreaterThan(0.95 * accepted);
    expect(quick).toBeLessThanOrEqual(accepted);
  });

  it('is not taken for classes that ask for more than it understands', () => {
    class Each {
      @IsString({ each: true }) all!: string[];
    }
    class Converted {
      @Type(() => Number) @IsInt() n!: number;
    }
    class Changed {
      @Transform(({ value }) => String(value)) @IsString() text!: string;
    }
    class Renamed {
      @Expose({ name: 'other' }) @IsString() text!: string;
    }
    class Grouped {
      @IsString({ groups: ['some'] }) text!: string;
    }
    class Holding {
      @ValidateNested() @Type(() => Each) each!: Each;
    }
    class Unchecked {
      text!: string;
    }
    for (const type of [Each, Converted, Changed, Renamed, Grouped, Holding, Unchecked, undefined]) {
      expect(quickMaker(type)).toBeNull();
    }
  });

  it('does not follow a class into itself without end', () => {
    class Node {
      @IsOptional() @ValidateNested() @Type(() => Node) below?: Node;
    }
    expect(quickMaker(Node)).toBeNull();
  });

  it('leaves what is no plain object to the library', async () => {
    for (const body of [[], [{}], 'text', 5, null, undefined]) {
      expect(await outcome(validationPipe(), body, Tip)).toEqual(await outcome(plain, body, Tip));
    }
  });
});
