import { Inject, Injectable } from '@nestjs/common';
import { Malformed } from '@app/http';
import { UnitTree } from '@app/security';
import type { Unit, UnitSnapshot } from '@app/security';

/** Token of intake's unit tree: each service of one process has its own. */
export const INTAKE_UNIT_TREE = 'INTAKE_UNIT_TREE';

/** The register of units as use cases ask it. */
@Injectable()
export class UnitRegister {
  constructor(@Inject(INTAKE_UNIT_TREE) private readonly tree: UnitTree) {}

  /** The newest tree, in memory. */
  current(): Promise<UnitSnapshot> {
    return this.tree.current();
  }

  /** The unit; refuses a code that is not in the register, naming the field. */
  async require(code: string, field: string): Promise<Unit> {
    return requireUnit(await this.current(), code, field);
  }
}

/** The unit in this tree; refuses an unknown code as a malformed request that names the field. */
export function requireUnit(units: UnitSnapshot, code: string, field: string): Unit {
  const unit = units.get(code);
  if (unit) return unit;
  throw new Malformed([
    {
      field,
      constraint: 'unitKnown',
      vi: `Không có đơn vị mang mã ${code} trong danh mục đơn vị.`,
      en: `There is no unit ${code} in the register of units.`,
    },
  ]);
}
