import { STREAMS } from '@app/contracts';
import type { AppendCommand, EventData } from '@app/event-store';
import { canonicalJson } from '@app/http';
import { supervisorOf } from '@app/security';
import { importFault } from './import-fault.js';
import type { KnownRows } from './known-rows.js';
import type { ImportGround, PreparedChunk, RowGroup, RowResult, RowWriter } from './row-writer.js';
import { ChunkRaced } from './tip-writer.js';
import { parseUnitRow } from './unit-row.js';
import type { UnitRow } from './unit-row.js';

/**
 * Takes a units file: a new code is registered, a changed entry is a change, the same entry is nothing. A parent may
 * come later in the same file. Wants the whole file in one chunk.
 */
export class UnitWriter implements RowWriter {
  constructor(
    private readonly ground: ImportGround,
    private readonly known: KnownRows,
  ) {}

  async prepare(chunk: readonly RowGroup[]): Promise<PreparedChunk> {
    const { units, context, dryRun, actor, correlationId, now } = this.ground;
    const results: RowResult[] = new Array<RowResult>(chunk.length);
    const rows = new Map<string, { index: number; line: number; unit: UnitRow }>();
    for (const [index, { row }] of chunk.entries()) {
      const parsed = parseUnitRow(row);
      if ('faults' in parsed) {
        results[index] = { kind: 'rejected', faults: parsed.faults };
      } else {
        const before = rows.get(parsed.unit.code);
        // The later entry of a code wins, as in a file that is kept by adding to its end.
        if (before) results[before.index] = { kind: 'unchanged' };
        rows.set(parsed.unit.code, { index, line: row.line, unit: parsed.unit });
      }
    }
    rejectOrphans(rows, results, (code) => units.get(code) !== undefined);
    const existing = await this.known.streams([...rows.keys()].map((code) => STREAMS.unit + code));
    const commands: AppendCommand[] = [];
    for (const { index, unit } of rows.values()) {
      const stream = STREAMS.unit + unit.code;
      const past = existing.has(stream) ? await context.store.load(stream) : [];
      const isSame = canonicalJson(past.at(-1)?.data ?? null) === canonicalJson(unit);
      results[index] = { kind: isSame ? 'unchanged' : 'accepted' };
      if (isSame) continue;
      commands.push({
        stream,
        expectedVersion: past.length,
        events: [{ type: past.length === 0 ? 'UnitRegistered' : 'UnitChanged', data: { ...unit } as EventData }],
        meta: { actor, correlationId, causationId: null, happenedAt: now, source: 'import' },
      });
    }
    for (const { unit } of rows.values()) {
      units.add({ code: unit.code, level: unit.level, remote: unit.remote, supervisedBy: supervisorOf(unit.code) });
    }
    if (dryRun || commands.length === 0) return { results };
    return {
      results,
      write: async (tx) => {
        const verdicts = await context.store.appendIn(tx, commands);
        if (verdicts.some(({ kind }) => kind !== 'appended')) throw new ChunkRaced();
      },
    };
  }
}

/** A unit whose parent neither the file nor the register holds is refused, and so are the units below it. */
function rejectOrphans(
  rows: Map<string, { index: number; line: number; unit: UnitRow }>,
  results: RowResult[],
  isRegistered: (code: string) => boolean,
): void {
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const [code, { index, line, unit }] of rows) {
      const parent = unit.parentCode;
      if (parent === null || (parent !== code && (rows.has(parent) || isRegistered(parent)))) continue;
      results[index] = {
        kind: 'rejected',
        faults: [importFault('ParentUnknown', line, 'parent_code', { unit: parent })],
      };
      rows.delete(code);
      isSettled = false;
    }
  }
}
