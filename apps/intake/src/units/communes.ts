import { readFileSync } from 'node:fs';
import { withoutMarks } from '@app/domain';
import { parse } from 'csv-parse/sync';
import { COMMUNES_FILE } from './communes-file.js';

/** A commune (xã, phường, đặc khu) of the official list. */
export interface Commune {
  code: string;
  provinceCode: string;
  nameVi: string;
  nameEn: string;
  typeVi: string;
}

interface Line {
  code: string;
  province_code: string;
  level: string;
  type_vi: string;
  name_vi: string;
  name_en: string;
}

let table: ReadonlyMap<string, Commune & { plain: string }> | undefined;

/** Read once, when first asked: a start should not wait for it. */
function communes(): ReadonlyMap<string, Commune & { plain: string }> {
  table ??= new Map(
    parse<Line>(readFileSync(COMMUNES_FILE), { columns: true, bom: true })
      .filter(({ level }) => level === 'commune')
      .map(({ code, province_code, type_vi, name_vi, name_en }) => [
        code,
        {
          code,
          provinceCode: province_code,
          nameVi: name_vi,
          nameEn: name_en,
          typeVi: type_vi,
          plain: withoutMarks(`${type_vi} ${name_vi}`),
        },
      ]),
  );
  return table;
}

/** Name with its type, for example `phường Tân Ninh`; null for a code that is not in the list. */
export function communeName(code: string): string | null {
  const commune = communes().get(code);
  return commune ? `${commune.typeVi.toLowerCase()} ${commune.nameVi}` : null;
}

/** Codes of the communes whose name holds the typed text; the text without marks on its letters. */
export function communesNamed(plain: string): string[] {
  return searchCommunes(plain, Number.MAX_SAFE_INTEGER).map(({ code }) => code);
}

/** Communes whose name holds the typed text, at most `limit`. */
export function searchCommunes(plain: string, limit: number): Commune[] {
  const found: Commune[] = [];
  for (const { plain: name, ...commune } of communes().values()) {
    if (name.includes(plain)) found.push(commune);
    if (found.length === limit) break;
  }
  return found;
}
