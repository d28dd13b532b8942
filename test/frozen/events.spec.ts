import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { EVENT_CATALOGUE, STREAMS, type EventClass } from '@app/contracts';
import { Upcasters, type EventData } from '@app/event-store';

/**
 * Frozen promises: a sample for each released version of each event. Stored events outlive the code, so a sample is
 * added, never edited; a change of an event's shape is a new version with a step in between (upcasting). A field that
 * may be absent can be added within a version: with one more sample that has it, `<Type>.v<version>.<word>.json`.
 */
interface Sample {
  type: string;
  version: number;
  stream: string;
  data: EventData;
}

const FOLDER = join(import.meta.dirname, 'events');
const EVENTS: [string, EventClass][] = Object.entries(EVENT_CATALOGUE).flatMap(([aggregate, classes]) =>
  classes.map((event): [string, EventClass] => [aggregate, event]),
);

/** Steps between released versions; register each here and where the services read. */
const upcasters = new Upcasters();

const fileOf = (type: string, version: number): string => `${type}.v${version}.json`;
const SAMPLE = /^([A-Za-z]+)\.v(\d+)(\.[a-z0-9-]+)?\.json$/;
/** Every sample of one version: the first one, and those that later added fields. */
const filesOf = (type: string, version: number): string[] =>
  readdirSync(FOLDER).filter((file) => {
    const [, name, number] = SAMPLE.exec(file) ?? [];
    return name === type && Number(number) === version;
  });
const read = (file: string): Sample => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Sample;

/** Fields that a class declares by its decorators. */
function declaredFields(event: EventClass): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(event, '', false, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))].sort();
}

/** What is wrong with data, given the newest class; unknown fields are wrong too. */
function faultsOf(event: EventClass, data: EventData): string[] {
  return validateSync(plainToInstance(event, data), { whitelist: true, forbidNonWhitelisted: true }).map(String);
}

function git(folder: string, ...args: string[]): string[] {
  const text = execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return text.split('\n').filter(Boolean);
}

/** Samples of a folder whose text is not the one they were first committed with. New ones are not looked at. */
function editedSamples(folder: string): string[] {
  return git(folder, 'ls-files', '--', '.').filter((file) => {
    const added = git(folder, 'log', '--diff-filter=A', '--format=%H', '--', file).at(-1);
    if (!added) return false;
    const first = execFileSync('git', ['show', `${added}:./${file}`], { cwd: folder, encoding: 'utf8' });
    return !existsSync(join(folder, file)) || first !== readFileSync(join(folder, file), 'utf8');
  });
}

describe('released events', () => {
  it.each(EVENTS.map(([, event]) => [event.type, event] as const))('%s has a sample for every version', (type, event) => {
    for (let version = 1; version <= event.version; version += 1) {
      expect(read(fileOf(type, version))).toMatchObject({ type, version });
    }
  });

  it.each(EVENTS.map(([, event]) => [event.type, event] as const))(
    '%s: samples of all versions are read as events of today',
    (type, event) => {
      for (let version = 1; version <= event.version; version += 1) {
        for (const file of filesOf(type, version)) {
          const raised = upcasters.raise(type, version, read(file).data);
          expect(raised.eventVersion).toBe(event.version);
          expect(faultsOf(event, raised.data)).toEqual([]);
        }
      }
    },
  );

  it.each(EVENTS.map(([, event]) => [event.type, event] as const))(
    '%s: the newest samples together fill every field, so that a renamed field is seen',
    (type, event) => {
      const filled = new Set(filesOf(type, event.version).flatMap((file) => Object.keys(read(file).data)));
      expect([...filled].sort()).toEqual(declaredFields(event));
    },
  );

  it.each(EVENTS.map(([aggregate, event]) => [event.type, aggregate, event] as const))(
    '%s lies in a stream of %s',
    (type, aggregate, event) => {
      const prefix = `${aggregate}-`;
      expect(Object.values(STREAMS)).toContain(prefix);
      expect(read(fileOf(type, event.version)).stream).toMatch(new RegExp(`^${prefix}[A-Za-z0-9-]+$`));
    },
  );

  it('has no sample of an event that the catalogue does not know', () => {
    const versions = new Map(EVENTS.map(([, { type, version }]) => [type, version]));
    const unknown = readdirSync(FOLDER).filter((file) => {
      const [, type = '', version] = SAMPLE.exec(file) ?? [];
      return !(Number(version) <= (versions.get(type) ?? 0));
    });
    expect(unknown).toEqual([]);
  });

  it('bites when a field is renamed, missing or of another kind', () => {
    const [, event] = EVENTS.find(([, { type }]) => type === 'CrimeTipAccepted')!;
    const { data } = read(fileOf('CrimeTipAccepted', 1));
    const { unitCode, ...withoutUnit } = data;
    expect(faultsOf(event, { ...withoutUnit, unit: unitCode })).not.toEqual([]);
    expect(faultsOf(event, withoutUnit)).not.toEqual([]);
    expect(faultsOf(event, { ...data, acceptedAt: 5 })).not.toEqual([]);
  });
});

describe('a sample once committed', () => {
  it('is never edited or removed', () => {
    expect(editedSamples(FOLDER)).toEqual([]);
  });

  it('bites: an edited and a removed sample are found in a history', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tinbao-samples-'));
    try {
      for (const name of ['Kept', 'Edited', 'Removed']) writeFileSync(join(folder, `${name}.v1.json`), '{"a":1}\n');
      const author = ['-c', 'user.name=Spec', '-c', 'user.email=spec@example.org', '-c', 'commit.gpgsign=false'];
      git(folder, 'init', '--quiet');
      git(folder, 'add', '.');
      git(folder, ...author, 'commit', '--quiet', '--message', 'Release');
      writeFileSync(join(folder, 'Edited.v1.json'), '{"b":1}\n');
      git(folder, ...author, 'commit', '--quiet', '--all', '--message', 'Edit');
      rmSync(join(folder, 'Removed.v1.json'));
      writeFileSync(join(folder, 'New.v1.json'), '{}\n');
      git(folder, 'add', 'New.v1.json');
      expect(editedSamples(folder)).toEqual(['Edited.v1.json', 'Removed.v1.json']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
