import { createHash } from 'node:crypto';
import { STREAMS, caseIdOfRegister, caseIdOfTip, tipIdOfRegister } from '@app/contracts';
import type { AppendCommand, EventData } from '@app/event-store';
import { canonicalJson } from '@app/http';
import { parseCaseRow } from './case-row.js';
import type { CaseRow } from './case-row.js';
import { refusalOfCase } from './case-history.js';
import { importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';
import type { KnownRows } from './known-rows.js';
import type { ImportGround, PreparedChunk, RowGroup, RowResult, RowWriter } from './row-writer.js';
import { ChunkRaced } from './tip-writer.js';

interface JudgedCase {
  index: number;
  row: CaseRow;
  key: string;
  fingerprint: string;
}

/**
 * Takes rows of a cases file as `CaseRowImported`: the prosecution service turns each into its case. A row that names
 * a tip continues the case that the tip's initiation opened.
 */
export class CaseWriter implements RowWriter {
  private readonly seen = new Map<string, { line: number; fingerprint: string }>();

  constructor(
    private readonly ground: ImportGround,
    private readonly known: KnownRows,
  ) {}

  async prepare(chunk: readonly RowGroup[]): Promise<PreparedChunk> {
    const results: RowResult[] = new Array<RowResult>(chunk.length);
    const judged: JudgedCase[] = [];
    for (const [index, { row: raw }] of chunk.entries()) {
      const outcome = this.read(raw);
      if ('kind' in outcome) results[index] = outcome;
      else judged.push({ index, ...outcome });
    }
    const fingerprints = await this.known.fingerprints(judged.map(({ key }) => key));
    const fresh: JudgedCase[] = [];
    for (const one of judged) {
      const fingerprint = fingerprints.get(one.key);
      if (fingerprint === undefined) fresh.push(one);
      else if (fingerprint === one.fingerprint) results[one.index] = { kind: 'unchanged' };
      else results[one.index] = rejected(alreadyRegistered(one.row, 'AlreadyRegisteredOtherwise'));
    }
    const commands = await this.commandsOf(fresh, results);
    if (this.ground.dryRun || commands.length === 0) return { results };
    return {
      results,
      write: async (tx) => {
        const verdicts = await this.ground.context.store.appendIn(tx, commands);
        if (verdicts.some(({ kind }) => kind !== 'appended')) throw new ChunkRaced();
      },
    };
  }

  private read(raw: RowGroup['row']): Omit<JudgedCase, 'index'> | RowResult {
    const outcome = parseCaseRow(raw, this.ground.now);
    if ('faults' in outcome) return { kind: 'rejected', faults: outcome.faults };
    const row = outcome.case;
    if (!this.ground.units.get(row.unitCode)) {
      return rejected(importFault('UnitUnknown', row.line, 'unit_code', { unit: row.unitCode }));
    }
    const refusal = refusalOfCase(row, row.columns.initiatedAt, this.ground.now, this.ground.law);
    if (refusal) return rejected(refusal);
    const key = `import/case/${row.unitCode}/${row.caseNumber}/${row.year}`;
    const { line: _line, ...content } = row;
    const fingerprint = createHash('sha256').update(canonicalJson(content)).digest('hex');
    const before = this.seen.get(key);
    if (before && before.line !== row.line) {
      return before.fingerprint === fingerprint
        ? { kind: 'unchanged' }
        : rejected(alreadyRegistered(row, 'RegisterNumberTwice', before.line));
    }
    this.seen.set(key, { line: row.line, fingerprint });
    return { row, key, fingerprint };
  }

  private async commandsOf(fresh: readonly JudgedCase[], results: RowResult[]): Promise<AppendCommand[]> {
    const initiations = await this.known.initiations(
      fresh.flatMap(({ row }) => candidatesOf(row)).map((tipId) => STREAMS.crimeTip + tipId),
    );
    const withTips = fresh.flatMap((one): (JudgedCase & { tipId: string | null; stream: string })[] => {
      const { row, index } = one;
      const tipId = candidatesOf(row).find((candidate) => initiations.has(STREAMS.crimeTip + candidate)) ?? null;
      const refusal = row.tip ? this.refusalByTip(row, tipId, initiations) : null;
      if (refusal) {
        results[index] = rejected(refusal);
        return [];
      }
      const caseId = tipId === null ? caseIdOfRegister(row.unitCode, row.caseNumber, row.year) : caseIdOfTip(tipId);
      return [{ ...one, tipId, stream: STREAMS.registerRow + caseId }];
    });
    const taken = await this.known.streams(withTips.map(({ stream }) => stream));
    const commands: AppendCommand[] = [];
    for (const { row, index, key, fingerprint, tipId, stream } of withTips) {
      if (taken.has(stream)) {
        results[index] = rejected(
          importFault('TipAlreadyHasCase', row.line, 'tip_register_number', { number: row.tip?.number ?? 0 }),
        );
        continue;
      }
      taken.add(stream);
      results[index] = { kind: 'accepted' };
      const unit = this.ground.units.get(row.unitCode);
      commands.push({
        stream,
        expectedVersion: 0,
        events: [
          {
            type: 'CaseRowImported',
            data: {
              caseId: stream.slice(STREAMS.registerRow.length),
              caseNumber: row.caseNumber,
              unitCode: row.unitCode,
              year: row.year,
              tipId,
              supervisedBy: unit?.supervisedBy,
              row: row.columns,
            } as EventData,
          },
        ],
        meta: {
          actor: this.ground.actor,
          correlationId: this.ground.correlationId,
          causationId: null,
          happenedAt: row.columns.initiatedAt,
          source: 'import',
        },
        idempotency: { key, fingerprint },
      });
    }
    return commands;
  }

  /** The tip must be there and have been initiated, and the case's acts follow that initiation. */
  private refusalByTip(
    row: CaseRow,
    tipId: string | null,
    initiations: ReadonlyMap<string, string | null>,
  ): ImportFault | null {
    const { line, tip, unitCode } = row;
    const facts = {
      number: tip?.year === null || tip === null ? (tip?.number ?? 0) : `${tip.number}/${tip.year}`,
      unit: tip?.unitCode ?? unitCode,
    };
    if (tipId === null) return importFault('TipUnknown', line, 'tip_register_number', facts);
    const initiatedAt = initiations.get(STREAMS.crimeTip + tipId) ?? null;
    if (initiatedAt === null) return importFault('TipNotInitiated', line, 'tip_register_number', facts);
    return refusalOfCase(row, initiatedAt, this.ground.now, this.ground.law);
  }
}

/** Tips that a row may mean: without a year, that of the initiation or the one before. */
function candidatesOf({ tip, unitCode, year }: CaseRow): string[] {
  if (!tip) return [];
  const years = tip.year === null ? [year, year - 1] : [tip.year];
  return years.map((one) => tipIdOfRegister(tip.unitCode ?? unitCode, tip.number, one));
}

function rejected(fault: ImportFault): RowResult {
  return { kind: 'rejected', faults: [fault] };
}

function alreadyRegistered(
  { line, caseNumber, unitCode, year }: CaseRow,
  code: 'AlreadyRegisteredOtherwise' | 'RegisterNumberTwice',
  other = 0,
): ImportFault {
  return importFault(code, line, 'case_number', { number: caseNumber, unit: unitCode, year, line: other });
}
