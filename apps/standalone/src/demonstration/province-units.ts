import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';

/** The demonstration province: Tây Ninh. */
export const PROVINCE = '80';
export const PROVINCE_POLICE = `PC-${PROVINCE}`;
/** The desk of the demonstration account `canbo`. */
export const DESK = `PC-${PROVINCE}-25459`;

/** Regional procuracies shown in the demonstration; their true number and seats are set elsewhere. */
const REGIONS = 6;
const SINCE = '2018-01-01';

/** Border communes, where the way to the province's police is long. */
const REMOTE = new Set(['25486', '25489', '25522', '25531', '25591', '27727', '27763']);

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

interface Commune {
  code: string;
  province_code: string;
  level: string;
  type_vi: string;
  name_vi: string;
  name_en: string;
}

/** The official list of provinces and communes, at the project's root from `src` and `dist` alike. */
const LIST = fileURLToPath(
  new URL(
    import.meta.url.includes('/dist/')
      ? '../../../../../data/administrative-units.csv'
      : '../../../../data/administrative-units.csv',
    import.meta.url,
  ),
);

/** Communes of the province, in the order of their codes. */
export function communesOfProvince(): Commune[] {
  return parse<Commune>(readFileSync(LIST), { columns: true, bom: true }).filter(
    (commune) => commune.province_code === PROVINCE && commune.level === 'commune',
  );
}

/** Every body of the province: police down to each commune, procuracies, court, border guard, customs. */
export function provinceUnits(): UnitCells[] {
  const unit = (
    code: string,
    parent: string,
    kind: string,
    level: string,
    nameVi: string,
    nameEn: string,
    more: UnitCells = {},
  ): UnitCells => ({
    code,
    parent_code: parent,
    kind,
    level,
    name_vi: nameVi,
    name_en: nameEn,
    remote: 'no',
    from: SINCE,
    ...more,
  });
  return [
    unit('PC', '', 'police', 'nation', 'Bộ Công an', 'Ministry of Public Security'),
    unit('VKS', '', 'procuracy', 'nation', 'Viện kiểm sát nhân dân tối cao', "Supreme People's Procuracy"),
    unit(PROVINCE_POLICE, 'PC', 'police', 'province', 'Công an tỉnh Tây Ninh', 'Tây Ninh provincial police'),
    unit(
      `VKS-${PROVINCE}`,
      'VKS',
      'procuracy',
      'province',
      'Viện kiểm sát nhân dân tỉnh Tây Ninh',
      'Tây Ninh provincial procuracy',
    ),
    ...Array.from({ length: REGIONS }, (_, index) =>
      unit(
        `VKS-${PROVINCE}-${index + 1}`,
        `VKS-${PROVINCE}`,
        'procuracy',
        'region',
        `Viện kiểm sát nhân dân khu vực ${index + 1} - Tây Ninh`,
        `Regional procuracy ${index + 1}, Tây Ninh`,
      ),
    ),
    unit(`TA-${PROVINCE}`, '', 'court', 'province', 'Tòa án nhân dân tỉnh Tây Ninh', 'Tây Ninh provincial court'),
    unit(`BP-${PROVINCE}`, '', 'border_guard', 'province', 'Bộ đội Biên phòng tỉnh Tây Ninh', 'Tây Ninh border guard'),
    unit(`HQ-${PROVINCE}`, '', 'customs', 'region', 'Hải quan khu vực, địa bàn Tây Ninh', 'Regional customs, Tây Ninh'),
    ...communesOfProvince().map((commune) =>
      unit(
        `${PROVINCE_POLICE}-${commune.code}`,
        PROVINCE_POLICE,
        'police',
        'commune',
        `Công an ${commune.type_vi.toLowerCase()} ${commune.name_vi}`,
        `${commune.name_vi} ${commune.type_vi === 'Phường' ? 'ward' : 'commune'} police`,
        { commune_code: commune.code, remote: REMOTE.has(commune.code) ? 'yes' : 'no' },
      ),
    ),
  ];
}
