import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './cruise.js';
import { isText, projectFiles, textOf } from './project-files.js';

/** House rules that no compiler and no linter knows. Each is a function from a file to what is wrong with it. */
interface HouseRule {
  name: string;
  /** Which files it looks at. */
  of: (file: string) => boolean;
  /** What is wrong, as `line: text`, or nothing. */
  faults: (text: string, file: string) => string[];
  /** A file and a text that break it, to show that the rule bites. */
  seeded: [file: string, text: string];
}

/** The specs of the rules quote what the rules forbid. */
const QUOTES_FAULTS = ['test/architecture/tidy.spec.ts', 'test/architecture/lint-rules.spec.ts'];
const isCode = (file: string): boolean =>
  /\.(ts|tsx|mjs|cjs)$/.test(file) && !file.includes('/seeded/') && !QUOTES_FAULTS.includes(file);
const isPlainText = (file: string): boolean => isText(file) && !QUOTES_FAULTS.includes(file);
const isTest = (file: string): boolean => /\.(spec|suite)\.tsx?$/.test(file) || file.startsWith('test/');
const isServer = (file: string): boolean => /^(apps|libs)\//.test(file) && !file.startsWith('apps/web/');

/** Names that tools or custom fix, and samples named for their event. */
const FIXED_NAMES =
  /^(README|CHANGELOG|NOTICE|LICENSE|Dockerfile)(\.[a-z]+)?$|^\.[a-z][a-z.-]*$|^[A-Z][A-Za-z]+\.v\d+(\.[a-z0-9-]+)?\.json$|^package-lock\.json$/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** Files that count in days of 24 hours for another reason than a legal term. */
const DAYS_OF_HOURS: Record<string, string> = {
  'apps/intake/src/imports/cells.ts': 'spreadsheets store moments as days and parts of a day',
  'apps/intake/src/imports/register-file.ts': 'spreadsheets store moments as days and parts of a day',
};

/** Files over 400 lines, each with the reason why it is one file. */
const LONG_FILES: Record<string, string> = {
  'apps/standalone/src/embedded-postgres.ts': 'one life of one server: find, lock, initialise, run, end',
  'apps/web/src/api/types.ts': 'the shapes of all HTTP answers, a list',
  'apps/web/src/dashboard/dashboard.tsx': 'one screen, read from top to bottom',
  'apps/web/src/i18n/en.ts': 'the words of the screens, a list',
  'apps/web/src/i18n/vi.ts': 'the words of the screens, a list',
  'apps/web/src/receive/receive.tsx': 'one form, read from top to bottom',
  'apps/web/src/ui/field.tsx': 'the family of form fields, which share their frame',
  'apps/web/src/ui/styles.css': 'the one design sheet, in the order of the screens',
  'libs/domain/src/offences/offences.ts': 'the table of offences, data',
  'libs/event-store/src/event-store.ts': 'one class whose statements and races are read together',
  'libs/messaging/src/delivery/delivery.ts': 'the statements and retries of one transaction, read together',
  'libs/messaging/src/kafka/kafka-relay.ts': 'two sides of one pipe and its checkpoint, read together',
  'libs/messaging/src/kafka/kafka-consumer.ts': 'one consumer whose states are read together',
};
const LONGEST = 400;
/** Specs are sentences in a row; they may be longer. */
const LONGEST_SPEC = 700;

const linesWith = (text: string, pattern: RegExp): string[] =>
  text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${index + 1}: ${line.trim().slice(0, 120)}`] : []));

const RULES: HouseRule[] = [
  {
    name: 'file and folder names are kebab-case',
    of: (file) => !file.includes('/seeded/'),
    faults: (_, file) =>
      file.split('/').filter((part) => !KEBAB.test(part) && !FIXED_NAMES.test(part) && !/^\.[a-z]+$/.test(part)),
    seeded: ['libs/domain/src/CrimeTip.ts', ''],
  },
  {
    name: 'no test is focused, skipped or left for later',
    of: (file) => isCode(file) && isTest(file),
    faults: (text) => linesWith(text, /^\s*(f|x)(it|describe)\(|\b(it|test|describe)\.(only|skip|todo|failing)\b/),
    seeded: ['libs/domain/src/a.spec.ts', "  it.skip('later', () => {});"],
  },
  {
    name: 'a task left in the code names its issue',
    of: isCode,
    faults: (text) => linesWith(text, /\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/),
    seeded: ['libs/domain/src/a.ts', '// TODO think'],
  },
  {
    name: 'the length of a day is not written out: terms are data of legal-time-limits',
    of: (file) =>
      isCode(file) &&
      isServer(file) &&
      !isTest(file) &&
      !(file in DAYS_OF_HOURS) &&
      !file.startsWith('libs/legal-time-limits/'),
    faults: (text) => linesWith(text, /\b24 ?\* ?60 ?\* ?60\b|\b86_?400(_?000)?\b|\b60 ?\* ?60 ?\* ?24\b/),
    seeded: ['apps/deadlines/src/a.ts', 'const due = start + 20 * 24 * 60 * 60 * 1000;'],
  },
  {
    name: 'no path of one machine',
    of: isPlainText,
    faults: (text) => linesWith(text, /(^|[\s"'`(=])\/(work|root|home\/[a-z]+|Users|tmp)\/[A-Za-z.]/),
    seeded: ['docs/a.md', 'see /home/someone/notes'],
  },
  {
    name: 'no address of a package registry',
    of: isPlainText,
    faults: (text) =>
      linesWith(
        text,
        /https?:\/\/[^\s"']*(npmjs|yarnpkg|npmmirror|maven\.org|maven\.apache\.org\/maven2|pypi|deb\.debian)[^\s"']*/,
      ),
    seeded: ['package-lock.json', '"resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz"'],
  },
  {
    name: `no file is longer than ${LONGEST} lines without a reason`,
    of: (file) => isCode(file) || file.endsWith('.css'),
    faults: (text, file) => {
      const lines = text.split('\n').length - 1;
      return lines > (isTest(file) ? LONGEST_SPEC : LONGEST) && LONG_FILES[file] === undefined
        ? [`${lines} lines`]
        : [];
    },
    seeded: ['libs/domain/src/a.ts', '\n'.repeat(LONGEST + 1)],
  },
  {
    name: 'text files end with one line end, and have no carriage returns, byte-order marks or merge marks',
    of: (file) => isText(file) && !file.endsWith('.csv'),
    faults: (text) => [
      ...(text !== '' && !text.endsWith('\n') ? ['no line end at the end'] : []),
      ...(text.endsWith('\n\n') ? ['empty lines at the end'] : []),
      ...(text.startsWith('\uFEFF') ? ['byte-order mark'] : []),
      ...linesWith(text, /\r$|^(<{7}|>{7}) /),
    ],
    seeded: ['docs/a.md', 'line\r\n'],
  },
  {
    name: 'a commented-out statement is deleted, git keeps it',
    of: isCode,
    faults: (text) => linesWith(text, /^\s*\/\/ ?(const|let|return|await|import|export|if \(.*\) \{|\}\s*)\b.*[;{]$/),
    seeded: ['libs/domain/src/a.ts', '// const old = 1;'],
  },
];

describe('house rules', () => {
  const files = projectFiles();

  it.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_, { of, faults }) => {
    const found = files
      .filter(of)
      .flatMap((file) => faults(isText(file) ? textOf(file) : '', file).map((fault) => `${file} ${fault}`));
    expect(found).toEqual([]);
  });

  it.each(RULES.map((rule) => [rule.name, rule] as const))('bites: %s', (_, { of, faults, seeded: [file, text] }) => {
    expect(of(file)).toBe(true);
    expect(faults(text, file)).not.toEqual([]);
  });

  it('looked at the whole project', () => {
    expect(files).toEqual(expect.arrayContaining(['package.json', 'test/architecture/tidy.spec.ts']));
  });

  it('allows no long file that has become short or gone', () => {
    const stale = Object.keys(LONG_FILES).filter(
      (file) => !files.includes(file) || textOf(file).split('\n').length - 1 <= LONGEST,
    );
    expect(stale).toEqual([]);
  });

  it('every app and library says in its README what it is for', () => {
    const without = ['apps', 'libs'].flatMap((group) =>
      readdirSync(join(ROOT, group))
        .map((name) => `${group}/${name}`)
        .filter((folder) => statSync(join(ROOT, folder)).isDirectory() && !existsSync(join(ROOT, folder, 'README.md'))),
    );
    expect(without).toEqual([]);
  });

  it('the lock file carries no addresses, and .npmrc only the setting that keeps it so', () => {
    const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
    const addressed = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.includes('://'));
    expect(addressed.map(([name]) => name)).toEqual([]);
    expect(textOf('.npmrc').trim()).toBe('omit-lockfile-registry-resolved=true');
  });
});
