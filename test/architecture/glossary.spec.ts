import { describe, expect, it } from '@jest/globals';
import { projectFiles, textOf } from './project-files.js';

/** Words that hold names together and need no entry. */
const SMALL = new Set([
  'a',
  'an',
  'and',
  'as',
  'at',
  'by',
  'for',
  'in',
  'is',
  'not',
  'of',
  'on',
  'or',
  'the',
  'to',
  'when',
  'with',
  'no',
]);
/** Forms that no rule of spelling leads back to the word of the glossary. */
const IRREGULAR: Record<string, string> = {
  sent: 'send',
  found: 'find',
  taken: 'take',
  duties: 'duty',
  overdue: 'due',
};

const wordsOf = (name: string): string[] =>
  (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());

/** Spellings that a word may stand for: the plural, the participle, the noun of an act. */
function stems(word: string): string[] {
  const cut = (ending: string, put = ''): string[] =>
    word.endsWith(ending) && word.length > ending.length + 1 ? [word.slice(0, -ending.length) + put] : [];
  const undoubled = /^(.*)([bdgmnprt])\2(ed|ing)$/.exec(word);
  return [
    word,
    IRREGULAR[word] ?? word,
    ...cut('s'),
    ...cut('es'),
    ...cut('ies', 'y'),
    ...cut('ied', 'y'),
    ...cut('ed'),
    ...cut('d'),
    ...cut('ing'),
    ...cut('ing', 'e'),
    ...cut('ment'),
    ...(undoubled ? [`${undoubled[1]}${undoubled[2]}`] : []),
  ];
}

const page = textOf('docs/glossary.md');
const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').slice(1, -1));
const known = new Set(
  [...rows.flatMap(([first]) => quoted(first!)), ...quoted(page.slice(page.indexOf('Plain words:')))].flatMap((name) =>
    wordsOf(name),
  ),
);
/** Tables of words end with the column "Say never"; the table of acts has none. */
const refused = new Set(
  page
    .split(/^## /m)
    .filter((section) => section.includes('Say never'))
    .flatMap((section) => section.split('\n').filter((line) => line.startsWith('| `')))
    .flatMap((line) => quoted(line.split('|').slice(1, -1).at(-1)!)),
);

const unknownIn = (name: string): string[] =>
  wordsOf(name).filter((word) => !SMALL.has(word) && !stems(word).some((stem) => known.has(stem)));
const refusedIn = (name: string): string[] =>
  wordsOf(name).filter((word) => stems(word).some((stem) => refused.has(stem)));

/** Names that people read as the words of the system: folders, slices, and the classes of contracts and domain. */
function names(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of projectFiles()) {
    if (!/^(apps|libs)\//.test(file) || file.startsWith('apps/web/') || file.includes('/testing/')) continue;
    const parts = file.split('/');
    for (const folder of parts.slice(1, -1)) found.set(folder, `folder in ${file}`);
    if (!file.endsWith('.ts') || /\.(spec|suite)\.ts$/.test(file)) continue;
    const isSlice = /\/(use-cases|reactions|read-models)\//.test(file);
    const isLanguage = /^libs\/(contracts|domain)\/src\//.test(file);
    if (isSlice || isLanguage) found.set(parts.at(-1)!.replace(/\.ts$/, ''), file);
    if (!isLanguage) continue;
    for (const [, name] of textOf(file).matchAll(/^export (?:abstract )?(?:class|interface|type) (\w+)/gm)) {
      found.set(name!, file);
    }
  }
  return found;
}

describe('docs/glossary.md', () => {
  it('knows every word of classes, events, slices and folders: add the word or use a known one', () => {
    const unknown = [...names()].flatMap(([name, where]) =>
      unknownIn(name).map((word) => `${word} (${name}, ${where})`),
    );
    expect(unknown).toEqual([]);
  });

  it('meets none of the words that are never said', () => {
    const said = [...names()].flatMap(([name, where]) => refusedIn(name).map((word) => `${word} (${name}, ${where})`));
    expect(said).toEqual([]);
  });

  it('has one row for a word', () => {
    const first = rows.flatMap(([cell]) => quoted(cell!));
    const twice = first.filter((word, index) => first.indexOf(word) !== index);
    expect(twice).toEqual([]);
  });

  it('bites', () => {
    expect(unknownIn('WidgetFrobnicated')).toEqual(['widget', 'frobnicated']);
    expect(unknownIn('CrimeTipsReceived')).toEqual([]);
    expect(refusedIn('ComplaintReceived')).toEqual(['complaint']);
    expect(known.size).toBeGreaterThan(100);
    expect(refused.size).toBeGreaterThan(10);
  });
});
