/** Columns of a units file, in the order of the import format. */
export const UNIT_COLUMNS = [
  'code',
  'parent_code',
  'kind',
  'level',
  'name_vi',
  'name_en',
  'commune_code',
  'remote',
  'from',
  'to',
] as const;

export type UnitCells = Partial<Record<(typeof UNIT_COLUMNS)[number], string>>;

/** The national bodies that every register's units hang below. */
export const NATIONAL_UNITS: readonly UnitCells[] = [
  unit('PC', '', 'police', 'nation', 'Bộ Công an', 'Ministry of Public Security'),
  unit('VKS', '', 'procuracy', 'nation', 'Viện kiểm sát nhân dân tối cao', "Supreme People's Procuracy"),
];

export function unit(
  code: string,
  parent: string,
  kind: string,
  level: string,
  nameVi: string,
  nameEn: string,
): UnitCells {
  return {
    code,
    parent_code: parent,
    kind,
    level,
    name_vi: nameVi,
    name_en: nameEn,
    remote: 'no',
    from: '2018-01-01',
  };
}
