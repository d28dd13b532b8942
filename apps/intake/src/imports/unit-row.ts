import { UNIT_KINDS, UNIT_LEVELS } from '@app/contracts';
import type { UnitKind, UnitLevel } from '@app/contracts';
import { CellReader } from './cells.js';
import type { RawRow } from './cells.js';
import { importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';

/** An entry of the register of units; the data of UnitRegistered and UnitChanged. */
export interface UnitRow {
  code: string;
  parentCode: string | null;
  kind: UnitKind;
  level: UnitLevel;
  nameVi: string;
  nameEn: string;
  communeCode: string | null;
  remote: boolean;
  from: string;
  to: string | null;
}

/** A row of the units file, or all that is wrong with it. */
export function parseUnitRow(row: RawRow): { unit: UnitRow } | { faults: ImportFault[] } {
  const cells = new CellReader(row);
  if (!cells.has('from')) cells.fault('CellMissing', 'from');
  const unit: UnitRow = {
    code: cells.requiredCode('code'),
    parentCode: cells.code('parent_code') ?? null,
    kind: cells.requiredWord('kind', UNIT_KINDS),
    level: cells.requiredWord('level', UNIT_LEVELS),
    nameVi: cells.required('name_vi', 200),
    nameEn: cells.required('name_en', 200),
    communeCode: cells.code('commune_code') ?? null,
    remote: cells.yesNo('remote'),
    from: cells.day('from') ?? '',
    to: cells.day('to') ?? null,
  };
  if (cells.faults.length === 0 && unit.to !== null && unit.to < unit.from) {
    cells.faults.push(importFault('TermReversed', row.line, 'to', { at: unit.to, cause: 'from', causeAt: unit.from }));
  }
  return cells.faults.length > 0 ? { faults: cells.faults } : { unit };
}
