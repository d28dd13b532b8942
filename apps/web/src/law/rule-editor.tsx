import { useCallback, useMemo, useState } from 'react';
import { useI18n } from '../i18n';
import { DataTable, type Column } from '../ui/data-table';
import { DayField, SelectField, TextField, TickField } from '../ui/field';
import { formatCites, formatDay, formatWhen, plain } from '../ui/format';
import { QuickSearch } from '../ui/quick-search';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { useQueryState } from '../ui/use-query-state';
import { Announce, type Announced, announcementOf, NOT_ANNOUNCED } from './announce';
import { Recomputed } from './calendar-history';
import { useRuleVersions } from './queries';
import {
  LENGTH_FIELDS,
  type Length,
  type LengthField,
  type Readings,
  type RuleDraft,
  type RuleRow,
  type RuleVersions,
} from './types';
import { useWords, type Words } from './words';

const lengthText = (length: Length, w: Words): string => `${length.n} ${w.units[length.unit] ?? length.unit}`;

/** Every length of a row in words, each once. */
function lengthsText({ lengths, limitByClass, prolongationTotal, alternative }: RuleRow, w: Words): string {
  const all = [
    ...LENGTH_FIELDS.flatMap((field) => (lengths[field] ? [lengths[field]] : [])),
    ...Object.values(limitByClass ?? {}),
    ...(prolongationTotal ? [prolongationTotal] : []),
    ...(alternative ? [alternative] : []),
  ];
  return [...new Set(all.map((length) => lengthText(length, w)))].join(' · ');
}

/** The rules: found by their words, each with its dated rows and the form of a new one. The rule lives in the address. */
export function RuleEditor({ mayPublish }: { mayPublish: boolean }) {
  const w = useWords();
  const { say, language } = useI18n();
  const [query, setQuery] = useQueryState();
  const rules = useRuleVersions();
  const q = query.get('q') ?? '';
  const chosen = query.get('rule');
  const search = useCallback((text: string) => setQuery({ q: text }), [setQuery]);
  const found = useMemo(() => {
    const wanted = plain(q.trim());
    const items = rules.data?.items ?? [];
    if (wanted === '') return items;
    return items.filter(({ rule, name, rows }) =>
      plain(
        `${rule} ${name.vi} ${name.en} ${rows.map((row) => `${lengthsText(row, w)} ${row.cites.join(' ')}`).join(' ')}`,
      ).includes(wanted),
    );
  }, [rules.data, q, w]);
  const rule = rules.data?.items.find((one) => one.rule === chosen);
  if (rules.isError) {
    return (
      <section className="panel">
        <LoadProblem error={rules.error} retry={() => void rules.refetch()} />
      </section>
    );
  }
  if (rules.data === undefined) {
    return (
      <section className="panel">
        <Loading rows={10} />
      </section>
    );
  }
  return (
    <div className="law-rules">
      <section className="panel law-rule-list" aria-label={w.rules}>
        <div className="panel-head filters">
          <QuickSearch className="law-rule-search" value={q} onChange={search} placeholder={w.searchRule} />
        </div>
        {found.length === 0 ? (
          <Empty title={w.noRule(q)} />
        ) : (
          <ul data-testid="rule-list">
            {found.map((one) => (
              <li key={one.rule}>
                <button
                  type="button"
                  className="plain-button law-rule"
                  aria-pressed={one.rule === chosen}
                  onClick={() => setQuery({ rule: one.rule })}
                >
                  <span>{say(one.name)}</span>
                  <span className="quiet">
                    {lengthsText(one.rows.at(-1)!, w)} · {formatCites(one.rows.at(-1)!.cites, language, true)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
      {rule === undefined ? (
        <section className="panel">
          <Empty title={w.pickRule} hint={w.pickRuleHint} />
        </section>
      ) : (
        <div className="law-side">
          <Rows rule={rule} />
          {mayPublish ? <NewRow key={`${rule.rule} ${rules.data.basedOn}`} rule={rule} /> : null}
        </div>
      )}
    </div>
  );
}

function Rows({ rule }: { rule: RuleVersions }) {
  const w = useWords();
  const { say, language } = useI18n();
  return (
    <section className="panel" aria-labelledby="law-rows">
      <header className="panel-head">
        <h2 id="law-rows">{say(rule.name)}</h2>
        <span className="quiet push">{rule.rule}</span>
      </header>
      <DataTable
        rows={[...rule.rows].reverse()}
        columns={rowColumns(w, language)}
        rowKey={({ effective, published }) => `${effective.from} ${published?.lawNumber ?? 0}`}
        label={w.rows}
        testId="rule-rows"
      />
      {rule.open.length === 0 ? null : (
        <ul className="law-open">
          {rule.open.map(({ id, question, taken }) => (
            <li key={id}>
              <code>{id}</code> {say(question)} <span className="quiet">{say(taken)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function rowColumns(w: Words, language: 'vi' | 'en'): Column<RuleRow>[] {
  return [
    {
      key: 'from',
      title: w.inForce,
      lead: true,
      render: ({ effective }) => (
        <strong className="nowrap">
          {w.since(formatDay(effective.from))}
          {effective.to === null ? null : ` ${w.until(formatDay(effective.to))}`}
        </strong>
      ),
    },
    {
      key: 'lengths',
      title: w.lengths,
      render: (row) => (
        <span className="law-wraps">
          {lengthsText(row, w)}
          <ReadingsText row={row} />
        </span>
      ),
    },
    {
      key: 'basis',
      title: w.basis,
      render: ({ cites }) => <span className="law-wraps">{formatCites(cites, language)}</span>,
    },
    {
      key: 'source',
      title: w.source,
      render: ({ published }) =>
        published === null ? (
          <span className="quiet law-wraps">{w.releasedRow}</span>
        ) : (
          <span className="law-wraps">
            {published.document.number}{' '}
            <span className="quiet">
              {formatWhen(published.publishedAt)} {w.by(published.publishedBy)} — {published.reason}
            </span>
          </span>
        ),
    },
    { key: 'moved', title: w.moved, render: ({ published }) => <Recomputed state={published?.recompute ?? null} /> },
  ];
}

function ReadingsText({ row: { readings } }: { row: RuleRow }) {
  const w = useWords();
  if (readings === null || (!readings.startDayCounts && !readings.rollsDayTerms)) return null;
  return (
    <ul className="law-readings">
      {readings.startDayCounts ? <li>{w.startDayCounts}</li> : null}
      {readings.rollsDayTerms ? <li>{w.rollsDayTerms}</li> : null}
    </ul>
  );
}

/** A length as typed: the number may be empty while it is being written. */
interface TypedLength {
  n: string;
  unit: Length['unit'];
}

const typed = ({ n, unit }: Length): TypedLength => ({ n: String(n), unit });
const same = (a: TypedLength, b: Length): boolean => Number(a.n) === b.n && a.unit === b.unit;

function LengthField({
  label,
  value,
  onChange,
  inHours,
}: {
  label: string;
  value: TypedLength;
  onChange: (value: TypedLength) => void;
  inHours: boolean;
}) {
  const w = useWords();
  const units = inHours ? ['h'] : ['d', 'wd', 'm'];
  return (
    <div className="law-length">
      <TextField label={label} value={value.n} type="number" onChange={(n) => onChange({ ...value, n })} />
      <SelectField
        label={`${label}: ${w.units[value.unit] ?? ''}`}
        bare
        allowClear={false}
        value={value.unit}
        onChange={(unit) => onChange({ ...value, unit: unit as Length['unit'] })}
        options={units.map((unit) => ({ value: unit, label: w.units[unit]! }))}
      />
    </div>
  );
}

interface RowForm {
  from: string | null;
  lengths: Partial<Record<LengthField, TypedLength>>;
  byClass: Record<string, TypedLength> | null;
  prolongationTotal: TypedLength | null;
  readings: Readings | null;
  alternative: boolean;
  cites: string;
}

function formOf(row: RuleRow): RowForm {
  const { lengths, limitByClass, prolongationTotal, readings, alternative, cites } = row;
  const all = LENGTH_FIELDS.flatMap((field) => (lengths[field] ? [[field, typed(lengths[field])] as const] : []));
  return {
    from: null,
    lengths: Object.fromEntries(all),
    byClass: limitByClass && Object.fromEntries(Object.entries(limitByClass).map(([name, one]) => [name, typed(one)])),
    prolongationTotal: prolongationTotal && typed(prolongationTotal),
    readings,
    alternative: alternative !== null,
    cites: cites.join('\n'),
  };
}

const lengthOf = ({ n, unit }: TypedLength): Length => ({ n: Number(n), unit });

/** What the form changes in the row; only that is sent. */
function changedIn(form: RowForm, row: RuleRow): Omit<RuleDraft, 'rule' | 'from' | 'document' | 'announcedOn'> {
  const lengths = LENGTH_FIELDS.flatMap((field) => {
    const given = form.lengths[field];
    const old = row.lengths[field];
    return given && old && !same(given, old) ? [[field, lengthOf(given)] as const] : [];
  });
  const byClass = Object.entries(form.byClass ?? {}).flatMap(([name, given]) => {
    const old = row.limitByClass?.[name];
    return old && !same(given, old) ? [[name, lengthOf(given)] as const] : [];
  });
  const { prolongationTotal: total, readings } = form;
  const cites = form.cites
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return {
    ...(lengths.length === 0 ? {} : { lengths: Object.fromEntries(lengths) }),
    ...(byClass.length === 0 ? {} : { limitByClass: Object.fromEntries(byClass) }),
    ...(total && row.prolongationTotal && !same(total, row.prolongationTotal)
      ? { prolongationTotal: lengthOf(total) }
      : {}),
    ...(readings !== null && JSON.stringify(readings) !== JSON.stringify(row.readings) ? { readings } : {}),
    ...(form.alternative === (row.alternative !== null) ? {} : { alternative: form.alternative }),
    ...(cites.join('\n') === row.cites.join('\n') ? {} : { cites }),
  };
}

function NewRow({ rule }: { rule: RuleVersions }) {
  const w = useWords();
  const row = rule.rows.at(-1)!;
  const [form, setForm] = useState<RowForm>(() => formOf(row));
  const [announced, setAnnounced] = useState<Announced>(NOT_ANNOUNCED);
  const set = (changes: Partial<RowForm>): void => setForm((was) => ({ ...was, ...changes }));
  const inHours = row.lengths.limit?.unit === 'h';
  // A second length that an earlier row had can be taken up again.
  const knowsAlternative = rule.rows.some(({ alternative }) => alternative !== null);
  const draft = useMemo<RuleDraft | null>(() => {
    const announcement = announcementOf(announced);
    if (announcement === null || form.from === null) return null;
    return { rule: rule.rule, from: form.from, ...changedIn(form, row), ...announcement };
  }, [announced, form, row, rule.rule]);
  return (
    <>
      <section className="panel" aria-labelledby="law-new-row">
        <header className="panel-head">
          <h2 id="law-new-row">{w.newRow}</h2>
        </header>
        <div className="panel-body law-form">
          <p className="law-hint">{w.newRowHint}</p>
          <DayField label={w.from} value={form.from} required onChange={(from) => set({ from })} />
          <div className="law-lengths">
            {LENGTH_FIELDS.map((field) => {
              const value = form.lengths[field];
              return value === undefined ? null : (
                <LengthField
                  key={field}
                  label={w.fields[field]}
                  value={value}
                  inHours={inHours && field.startsWith('limit')}
                  onChange={(next) => set({ lengths: { ...form.lengths, [field]: next } })}
                />
              );
            })}
            {Object.entries(form.byClass ?? {}).map(([name, value]) => (
              <LengthField
                key={name}
                label={w.byClass(name)}
                value={value}
                inHours={false}
                onChange={(next) => set({ byClass: { ...form.byClass, [name]: next } })}
              />
            ))}
            {form.prolongationTotal === null ? null : (
              <LengthField
                label={w.prolongationTotal}
                value={form.prolongationTotal}
                inHours={false}
                onChange={(prolongationTotal) => set({ prolongationTotal })}
              />
            )}
          </div>
          {form.readings === null && !knowsAlternative ? null : (
            <fieldset className="law-ticks">
              <legend className="field-label">{w.readings}</legend>
              {form.readings === null ? null : (
                <>
                  <TickField
                    label={w.startDayCounts}
                    checked={form.readings.startDayCounts}
                    onChange={(startDayCounts) => set({ readings: { ...form.readings!, startDayCounts } })}
                  />
                  <TickField
                    label={w.rollsDayTerms}
                    checked={form.readings.rollsDayTerms}
                    onChange={(rollsDayTerms) => set({ readings: { ...form.readings!, rollsDayTerms } })}
                  />
                </>
              )}
              {knowsAlternative ? (
                <TickField
                  label={w.alternative}
                  checked={form.alternative}
                  onChange={(alternative) => set({ alternative })}
                />
              ) : null}
            </fieldset>
          )}
          <TextField label={w.cites} value={form.cites} rows={2} onChange={(cites) => set({ cites })} />
        </div>
      </section>
      <Announce
        announced={announced}
        onAnnounced={setAnnounced}
        draft={draft}
        onPublished={() => setAnnounced(NOT_ANNOUNCED)}
      />
    </>
  );
}
