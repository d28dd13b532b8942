import type { Contributions, Place } from './contributions.js';
import { monthStart, yearStart } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { cellColumns, GRAIN, pairColumns, TIMES } from './rollup-tables.js';
import type { RollupTable, TimeColumn } from './rollup-tables.js';

/** Where the sums of a place go beside its own cells: one cell for each group that it lies in. */
export type GroupsOf = (place: Place) => readonly string[];

/** A cell of a day, month or year. */
export interface CellRow {
  unit: string;
  supervisedBy: string;
  grain: number;
  bucket: DayNumber;
  /** In the order of the columns; 0 is nothing. */
  sums: Int32Array;
}

export interface PairRow {
  unit: string;
  supervisedBy: string;
  endedGrain: number;
  ended: DayNumber;
  begunGrain: number;
  begun: DayNumber;
  sums: Int32Array;
  /** Codes of values (`log-sketch.ts`). */
  t1: number[];
}

/** Codes of values by time; empty where there are none. */
export interface TimeRow {
  unit: string;
  supervisedBy: string;
  grain: number;
  bucket: DayNumber;
  values: number[][];
}

export interface CategoryRow {
  unit: string;
  supervisedBy: string;
  month: DayNumber;
  category: string;
  status: string;
  tips: number;
}

/** What a place, or a group, has by day. */
interface Sums {
  unit: string;
  supervisedBy: string;
  cells: Map<DayNumber, Int32Array>;
  pairs: Map<number, Pair>;
  times: Map<DayNumber, number[][]>;
  categories: Map<string, CategoryRow>;
}

interface Pair {
  begun: DayNumber;
  ended: DayNumber;
  sums: Int32Array;
  t1: number[];
}

/** Two days as one number. */
const pairKey = (begun: DayNumber, ended: DayNumber): number => ended * 1_000_000 + begun;

/**
 * Contributions of any number of matters added up in numbers: by place and day as they come, by group, month and year once
 * when they are written. A day is so added to its group and its month once, however many matters it holds.
 */
export class RollupSums implements Contributions {
  /** By place. */
  private readonly own = new Map<string, Sums>();
  private readonly cellAt: ReadonlyMap<string, number>;
  private readonly pairAt: ReadonlyMap<string, number>;
  private size = 0;
  private lastPlace: Place | null = null;
  private lastSums: Sums | null = null;

  constructor(readonly rollup: RollupTable) {
    this.cellAt = new Map(cellColumns(rollup).map((column, index) => [column, index]));
    this.pairAt = new Map(pairColumns(rollup).map((column, index) => [column, index]));
  }

  /** Cells of days in memory. */
  get held(): number {
    return this.size;
  }

  add(place: Place, day: DayNumber, column: string, amount: number): void {
    const { cells } = this.of(place);
    let sums = cells.get(day);
    if (!sums) cells.set(day, (sums = this.numbers(this.cellAt)));
    sums[this.cellAt.get(column)!]! += amount;
  }

  addTime(place: Place, day: DayNumber, time: TimeColumn, value: number, amount: number): void {
    const { times } = this.of(place);
    let codes = times.get(day);
    if (!codes) {
      times.set(day, (codes = TIMES.map(() => [])));
      this.size += 1;
    }
    append(codes[TIMES.indexOf(time)]!, value, amount);
  }

  addPair(place: Place, begun: DayNumber, ended: DayNumber, column: string, amount: number): void {
    this.pair(place, begun, ended).sums[this.pairAt.get(column)!]! += amount;
  }

  addPairTime(place: Place, begun: DayNumber, ended: DayNumber, value: number, amount: number): void {
    append(this.pair(place, begun, ended).t1, value, amount);
  }

  addCategory(place: Place, month: DayNumber, category: string, status: string, amount: number): void {
    const { unit, supervisedBy, categories } = this.of(place);
    addCategory(categories, { unit, supervisedBy, month, category, status, tips: amount });
  }

  private pair(place: Place, begun: DayNumber, ended: DayNumber): Pair {
    const { pairs } = this.of(place);
    const key = pairKey(begun, ended);
    let pair = pairs.get(key);
    if (!pair) pairs.set(key, (pair = { begun, ended, sums: this.numbers(this.pairAt), t1: [] }));
    return pair;
  }

  /** Every place that has sums. */
  places(): Place[] {
    return [...this.own.values()].map(({ unit, supervisedBy }) => ({ unit, supervisedBy }));
  }

  /** The rows of all tables, groups, months and years included, each in the order of its key. */
  rows(groupsOf: GroupsOf): { cells: CellRow[]; pairs: PairRow[]; times: TimeRow[]; categories: CategoryRow[] } {
    const all = [...this.own.values(), ...this.groups(groupsOf)].sort(
      (a, b) => order(a.unit, b.unit) || order(a.supervisedBy, b.supervisedBy),
    );
    return {
      cells: all.flatMap(cellsOf),
      pairs: all.flatMap(pairsOf),
      times: all.flatMap(timesOf),
      categories: all.flatMap(({ categories }) =>
        [...categories]
          .sort(([a], [b]) => order(a, b))
          .map(([, row]) => row)
          .filter(({ tips }) => tips !== 0),
      ),
    };
  }

  private groups(groupsOf: GroupsOf): Iterable<Sums> {
    const groups = new Map<string, Sums>();
    for (const sums of this.own.values()) {
      for (const unit of groupsOf(sums)) {
        let group = groups.get(unit);
        if (!group) groups.set(unit, (group = nothingOf({ unit, supervisedBy: '' })));
        for (const [day, cell] of sums.cells) addCell(group.cells, day, cell);
        for (const pair of sums.pairs.values()) addPair(group.pairs, pair, pair.begun, pair.ended);
        for (const [day, codes] of sums.times) addTimes(group.times, day, codes);
        for (const row of sums.categories.values()) addCategory(group.categories, { ...row, unit, supervisedBy: '' });
      }
    }
    return groups.values();
  }

  private numbers(columns: ReadonlyMap<string, number>): Int32Array {
    this.size += 1;
    return new Int32Array(columns.size);
  }

  private of(place: Place): Sums {
    // A matter adds many things to one place.
    if (place === this.lastPlace) return this.lastSums!;
    const key = `${place.unit}|${place.supervisedBy}`;
    let sums = this.own.get(key);
    if (!sums) this.own.set(key, (sums = nothingOf(place)));
    this.lastPlace = place;
    this.lastSums = sums;
    return sums;
  }
}

function nothingOf({ unit, supervisedBy }: Place): Sums {
  return { unit, supervisedBy, cells: new Map(), pairs: new Map(), times: new Map(), categories: new Map() };
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A value as codes: `amount` times, or taken away when negative. */
function append(codes: number[], value: number, amount: number): void {
  const code = amount > 0 ? 2 * value : 2 * value + 1;
  for (let i = Math.abs(amount); i > 0; i -= 1) codes.push(code);
}

function addAll(into: number[], codes: readonly number[]): void {
  for (const code of codes) into.push(code);
}

function addCell(into: Map<DayNumber, Int32Array>, day: DayNumber, cell: Int32Array): void {
  const known = into.get(day);
  if (!known) into.set(day, cell.slice());
  else for (let i = 0; i < cell.length; i += 1) known[i]! += cell[i]!;
}

function addPair(into: Map<number, Pair>, pair: Pair, begun: DayNumber, ended: DayNumber): void {
  const key = pairKey(begun, ended);
  const known = into.get(key);
  if (!known) {
    into.set(key, { begun, ended, sums: pair.sums.slice(), t1: [...pair.t1] });
    return;
  }
  for (let i = 0; i < pair.sums.length; i += 1) known.sums[i]! += pair.sums[i]!;
  addAll(known.t1, pair.t1);
}

function addTimes(into: Map<DayNumber, number[][]>, day: DayNumber, codes: readonly (readonly number[])[]): void {
  const known = into.get(day);
  if (!known)
    into.set(
      day,
      codes.map((some) => [...some]),
    );
  else codes.forEach((some, index) => addAll(known[index]!, some));
}

function addCategory(into: Map<string, CategoryRow>, row: CategoryRow): void {
  const key = `${row.month}|${row.category}|${row.status}`;
  const known = into.get(key);
  if (known) known.tips += row.tips;
  else into.set(key, { ...row });
}

const isSomething = (sums: Int32Array): boolean => sums.some((sum) => sum !== 0);
const byNumber = <T>([a]: [number, T], [b]: [number, T]): number => a - b;

function cellsOf({ unit, supervisedBy, cells }: Sums): CellRow[] {
  const months = new Map<DayNumber, Int32Array>();
  for (const [day, sums] of cells) addCell(months, monthStart(day), sums);
  const years = new Map<DayNumber, Int32Array>();
  for (const [month, sums] of months) addCell(years, yearStart(month), sums);
  const rows: CellRow[] = [];
  for (const [grain, some] of [
    [GRAIN.day, cells],
    [GRAIN.month, months],
    [GRAIN.year, years],
  ] as const) {
    for (const [bucket, sums] of [...some].sort(byNumber)) {
      if (isSomething(sums)) rows.push({ unit, supervisedBy, grain, bucket, sums });
    }
  }
  return rows;
}

function pairsOf({ unit, supervisedBy, pairs }: Sums): PairRow[] {
  const [byBegunMonth, byEndedMonth, byMonths] = [0, 1, 2].map(() => new Map<number, Pair>()) as [
    Map<number, Pair>,
    Map<number, Pair>,
    Map<number, Pair>,
  ];
  for (const pair of pairs.values()) {
    const [begun, ended] = [monthStart(pair.begun), monthStart(pair.ended)];
    addPair(byBegunMonth, pair, begun, pair.ended);
    addPair(byEndedMonth, pair, pair.begun, ended);
    addPair(byMonths, pair, begun, ended);
  }
  const rows: PairRow[] = [];
  for (const [endedGrain, begunGrain, some] of [
    [GRAIN.day, GRAIN.day, pairs],
    [GRAIN.day, GRAIN.month, byBegunMonth],
    [GRAIN.month, GRAIN.day, byEndedMonth],
    [GRAIN.month, GRAIN.month, byMonths],
  ] as const) {
    for (const [, { begun, ended, sums, t1 }] of [...some].sort(byNumber)) {
      const kept = withoutCancelled(t1);
      if (isSomething(sums) || kept.length > 0) {
        rows.push({ unit, supervisedBy, endedGrain, ended, begunGrain, begun, sums, t1: kept });
      }
    }
  }
  return rows;
}

function timesOf({ unit, supervisedBy, times }: Sums): TimeRow[] {
  const months = new Map<DayNumber, number[][]>();
  for (const [day, codes] of times) addTimes(months, monthStart(day), codes);
  const rows: TimeRow[] = [];
  for (const [grain, some] of [
    [GRAIN.day, times],
    [GRAIN.month, months],
  ] as const) {
    for (const [bucket, codes] of [...some].sort(byNumber)) {
      const values = codes.map(withoutCancelled);
      if (values.some(({ length }) => length > 0)) rows.push({ unit, supervisedBy, grain, bucket, values });
    }
  }
  return rows;
}

/** Codes without those that take each other away. */
function withoutCancelled(codes: number[]): number[] {
  if (!codes.some((code) => code & 1)) return codes;
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code >> 1, (counts.get(code >> 1) ?? 0) + (code & 1 ? -1 : 1));
  const kept: number[] = [];
  for (const [value, amount] of counts) append(kept, value, amount);
  return kept;
}
