import { Controller, Get, Query } from '@nestjs/common';
import { OFFENCES, searchOffences, withoutMarks } from '@app/domain';
import { CurrentCaller } from '@app/http';
import type { Caller } from '@app/http';
import { Permit, ROLES } from '@app/security';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { searchCommunes } from './communes.js';
import { UnitRegister } from './unit-register.js';

const LOOKUP_LIMIT = 20;

export class UnitsQuery {
  /** Only this unit and those below it. */
  @IsOptional() @IsString() @MaxLength(50) root?: string;
}

export class LookupQuery {
  @IsOptional() @IsString() @MaxLength(100) q?: string;
}

/** Lookups that every form needs: units, communes, offences. They hold no matter's data. */
@Controller('api')
export class LookupsEndpoint {
  constructor(private readonly units: UnitRegister) {}

  /** Every unit of the register, or one subtree: a transfer may go to any body. */
  @Get('units')
  @Permit({ verb: 'unit.list', roles: [...ROLES], scope: 'none' })
  async listUnits(@Query() { root }: UnitsQuery, @CurrentCaller() _caller: Caller): Promise<{ items: unknown[] }> {
    const units = await this.units.current();
    return { items: units.list([root ?? '*']) };
  }

  @Get('communes')
  @Permit({ verb: 'commune.search', roles: [...ROLES], scope: 'none' })
  listCommunes(@Query() { q }: LookupQuery): { items: unknown[] } {
    const found = searchCommunes(withoutMarks(q ?? ''), LOOKUP_LIMIT);
    return {
      items: found.map(({ code, provinceCode, nameVi, typeVi }) => ({
        code,
        provinceCode,
        name: `${typeVi} ${nameVi}`,
      })),
    };
  }

  @Get('offences')
  @Permit({ verb: 'offence.search', roles: [...ROLES], scope: 'none' })
  listOffences(@Query() { q }: LookupQuery): { items: unknown[] } {
    return { items: q === undefined || q.trim() === '' ? [...OFFENCES] : searchOffences(q, LOOKUP_LIMIT) };
  }
}
