import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  addDays,
  calculateLimit,
  CALENDARS,
  calendarAt,
  RULES,
  RULES_VERSION,
  ruleTableDocument,
  versionsOf,
  type LimitInput,
} from '@app/legal-time-limits';

/**
 * Frozen promises of the law: the rows and calendars that were released, and dates that were computed from them. A change
 * of the law is a new dated row (or a new version of the calendar) with a new file here; a released one is never edited.
 * The wording of names is free; what a date depends on is not.
 */
interface FrozenRow {
  id: string;
  effective: { from: string; to: string | null };
  [field: string]: unknown;
}

interface FrozenAnswer {
  input: LimitInput;
  calendar: string;
  nominal: string;
  safeBy: string;
  due: string;
  latestArguable: string;
  requestBy: string | null;
}

const FOLDER = import.meta.dirname;
const filesOf = (kind: string): string[] => readdirSync(FOLDER).filter((file) => file.startsWith(`${kind}-`));
const read = <T>(file: string): T => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as T;

/** A row without its wording: texts in Vietnamese and English may be improved, the law may not. */
function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([, part]) => !(typeof part === 'object' && part !== null && 'vi' in part && 'en' in part),
  );
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutWords(part)]));
}

/** What is wrong with a released row in a table of today. */
function faultOf(frozen: FrozenRow, table: readonly FrozenRow[]): string | null {
  const now = table.find(({ id, effective }) => id === frozen.id && effective.from === frozen.effective.from);
  if (!now) return `${frozen.id} from ${frozen.effective.from} is gone`;
  const closed = frozen.effective.to === null && now.effective.to !== null;
  if (closed) {
    const next = addDays(now.effective.to!, 1);
    const followed = table.some(({ id, effective }) => id === frozen.id && effective.from === next);
    if (!followed) return `${frozen.id} was closed on ${now.effective.to} without a row from ${next}`;
  }
  const effective = closed ? { ...now.effective, to: null } : now.effective;
  return JSON.stringify({ ...now, effective }) === JSON.stringify(frozen)
    ? null
    : `${frozen.id} from ${frozen.effective.from} was edited: add a new dated row instead`;
}

const TABLE = RULES.map(withoutWords) as FrozenRow[];
const FROZEN_ROWS = filesOf('rules').flatMap((file) => read<FrozenRow[]>(file));

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: FOLDER, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

describe('the released rule table', () => {
  it('has every row as it was released', () => {
    expect(FROZEN_ROWS.map((row) => faultOf(row, TABLE)).filter(Boolean)).toEqual([]);
  });

  it('has no row that was not released with a frozen sample', () => {
    const released = new Set(FROZEN_ROWS.map(({ id, effective }) => `${id} ${effective.from}`));
    expect(TABLE.filter(({ id, effective }) => !released.has(`${id} ${effective.from}`))).toEqual([]);
    expect(existsSync(join(FOLDER, `rules-${RULES_VERSION}.json`))).toBe(true);
  });

  it('bites on an edited number, a lost row and a row closed without a successor', () => {
    const [row] = FROZEN_ROWS.filter(({ id }) => id === 'CPC-147-1');
    const edited = TABLE.map((now) => (now.id === 'CPC-147-1' ? { ...now, limit: { n: 30, unit: 'd' } } : now));
    expect(faultOf(row!, edited)).toContain('was edited');
    expect(faultOf(row!, TABLE.filter(({ id }) => id !== 'CPC-147-1'))).toContain('is gone');
    const closed = TABLE.map((now) =>
      now.id === 'CPC-147-1' ? { ...now, effective: { ...now.effective, to: '2027-06-30' } } : now,
    );
    expect(faultOf(row!, closed)).toContain('without a row from 2027-07-01');
    const followed = [...closed, { ...row!, limit: { n: 30, unit: 'd' }, effective: { from: '2027-07-01', to: null } }];
    expect(faultOf(row!, followed)).toBeNull();
  });

  it('has one row in force on any day for each rule', () => {
    for (const { id } of RULES) {
      const rows = versionsOf(id);
      for (let i = 1; i < rows.length; i += 1) {
        expect(rows[i]!.effective.from).toBe(addDays(rows[i - 1]!.effective.to!, 1));
      }
    }
  });
});

describe('the released calendars', () => {
  it.each(CALENDARS.map(({ version }) => [version]))('%s is as it was released', (version) => {
    expect(withoutWords(calendarAt(version))).toEqual(read(`calendar-${version}.json`));
  });

  it('has every frozen version', () => {
    const versions = filesOf('calendar').map((file) => file.slice('calendar-'.length, -'.json'.length));
    expect(CALENDARS.map(({ version }) => version)).toEqual(versions.sort());
  });
});

describe('dates once computed', () => {
  const answers = filesOf('answers').flatMap((file) => read<FrozenAnswer[]>(file));

  it('are computed again alike, with the same rules and calendar', () => {
    const now = answers.map(({ input, calendar }): FrozenAnswer => {
      const answer = calculateLimit(input, { why: false, calendar: calendarAt(calendar) });
      const { nominal, safeBy, due, latestArguable, requestBy } = answer;
      return { input, calendar, nominal, safeBy, due, latestArguable, requestBy };
    });
    expect(now).toEqual(answers);
  });

  it('cover every rule with a term', () => {
    const terms = RULES.filter(({ kind }) => kind === 'term' || kind === 'before_end' || kind === 'custody');
    const asked = new Set(answers.map(({ input }) => input.rule));
    expect(terms.filter(({ id }) => !asked.has(id))).toEqual([]);
  });
});

describe('frozen files', () => {
  /** Committed files whose text is no longer the one they were first committed with. */
  function edited(folder: string): string[] {
    const inside = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
    return inside('ls-files', '--', '*.json')
      .split('\n')
      .filter(Boolean)
      .filter((file) => {
        const added = inside('log', '--diff-filter=A', '--format=%H', '--', file).trim().split('\n').at(-1);
        if (!added) return false;
        return !existsSync(join(folder, file)) || inside('show', `${added}:./${file}`) !== readFileSync(join(folder, file), 'utf8');
      });
  }

  it('are added, never edited', () => {
    expect(git('rev-parse', '--is-inside-work-tree').trim()).toBe('true');
    expect(edited(FOLDER)).toEqual([]);
  });

  it('are seen when edited', () => {
    const folder = mkdtempSync(join(tmpdir(), 'frozen-'));
    try {
      const inside = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
      inside('init', '-q');
      writeFileSync(join(folder, 'rules-1.json'), '[]\n');
      inside('add', '.');
      inside('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '-m', 'add');
      expect(edited(folder)).toEqual([]);
      writeFileSync(join(folder, 'rules-1.json'), '[1]\n');
      expect(edited(folder)).toEqual(['rules-1.json']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('docs/law/time-limits.md', () => {
  it('is what the data says; write it anew with `node docs/law/write-time-limits.mjs`', () => {
    const page = readFileSync(join(FOLDER, '../../../docs/law/time-limits.md'), 'utf8');
    expect(page).toBe(ruleTableDocument());
  });
});
