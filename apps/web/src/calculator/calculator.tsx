import { Button } from 'antd';
import { useState, type FormEvent } from 'react';
import { newIntentKey, post } from '../api/client';
import type { CrimeClass, LimitInput, LimitResult } from '../api/types';
import { useI18n } from '../i18n';
import { now } from '../ui/clock';
import { DayField, MomentField, SelectField, TextField, TickField } from '../ui/field';
import { formatCites, formatDay, formatWhen, isLegalDay, toMoment } from '../ui/format';
import { Refused } from '../ui/states';
import { dateWithWeekday, WhyList } from '../ui/term';
import { useTitle } from '../ui/use-title';
import './calculator.css';

/** Rules offered here, with the circumstances that each one knows. Any other id of the rule set can be typed. */
type Option =
  | 'class'
  | 'remote'
  | 'complex'
  | 'prolonged'
  | 'extensions'
  | 'juvenile'
  | 'caseInitiatedOn'
  | 'months'
  | 'heldDays'
  | 'returner';
const rules: { id: string; options: readonly Option[] }[] = [
  { id: 'TTLT17-8-CLASSIFY', options: [] },
  { id: 'TTLT17-8-FORWARD', options: [] },
  { id: 'TTLT17-8-5A', options: ['remote'] },
  { id: 'TTLT17-8-5B', options: [] },
  { id: 'TTLT17-9', options: [] },
  { id: 'TTLT17-14-1', options: [] },
  { id: 'CPC-146-5', options: [] },
  { id: 'CPC-147-1', options: ['prolonged', 'extensions'] },
  { id: 'CPC-148-2-SEND', options: [] },
  { id: 'CPC-149-1', options: [] },
  { id: 'CPC-149-2', options: [] },
  { id: 'CPC-172', options: ['class', 'extensions', 'juvenile', 'caseInitiatedOn'] },
  { id: 'CPC-174-2', options: ['returner'] },
  { id: 'CPC-232-4', options: [] },
  { id: 'CPC-240-1', options: ['class', 'extensions', 'juvenile', 'caseInitiatedOn', 'complex'] },
  { id: 'CPC-134-CUSTODY', options: ['months', 'heldDays'] },
];

/** Rule, start and circumstances give three dates and each step of the count. */
export default function Calculator() {
  const { t, language } = useI18n();
  const [rule, setRule] = useState<string | null>('CPC-147-1');
  const [start, setStart] = useState<string | null>(toMoment(Math.floor(now() / 60_000) * 60_000));
  const [startWrong, setStartWrong] = useState(false);
  const [crimeClass, setCrimeClass] = useState<CrimeClass | null>(null);
  const [flags, setFlags] = useState<Record<'remote' | 'complex' | 'prolonged' | 'juvenile', boolean>>({
    remote: false,
    complex: false,
    prolonged: false,
    juvenile: false,
  });
  const [counts, setCounts] = useState<Record<'extensions' | 'months' | 'heldDays', string>>({
    extensions: '',
    months: '',
    heldDays: '',
  });
  const [caseInitiatedOn, setCaseInitiatedOn] = useState<string | null>(null);
  const [returner, setReturner] = useState<'vks' | 'court' | null>(null);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [result, setResult] = useState<LimitResult | null>(null);
  useTitle(t.calculator.title);
  const options = rules.find(({ id }) => id === rule)?.options ?? [];
  const has = (option: Option): boolean => options.includes(option);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (rule === null || start === null || startWrong) return;
    const input: LimitInput = { rule, start };
    if (has('class') && crimeClass !== null) input.class = crimeClass;
    for (const flag of ['remote', 'complex', 'prolonged', 'juvenile'] as const)
      if (has(flag) && flags[flag]) input[flag] = true;
    for (const count of ['extensions', 'months', 'heldDays'] as const)
      if (has(count) && counts[count] !== '') input[count] = Number(counts[count]);
    if (has('caseInitiatedOn') && caseInitiatedOn !== null) input.caseInitiatedOn = caseInitiatedOn;
    if (has('returner') && returner !== null) input.returner = returner;
    setSending(true);
    setProblem(null);
    try {
      setResult(await post<LimitResult>('/api/time-limits/calculate', input, { intentKey: newIntentKey() }));
    } catch (error) {
      setProblem(error);
      setResult(null);
    } finally {
      setSending(false);
    }
  };

  const dates = ['safeBy', 'due', 'latestArguable'] as const;
  const meaning = { safeBy: t.term.safeByLong, due: t.term.dueLong, latestArguable: t.term.latestLong };
  return (
    <div className="page calculator">
      <header>
        <h1>{t.calculator.title}</h1>
        <p className="page-lead">{t.calculator.lead}</p>
      </header>
      <form className="panel" onSubmit={(event) => void submit(event)} noValidate data-testid="calculator-form">
        <div className="panel-body fields">
          <SelectField
            label={t.calculator.rule}
            required
            allowClear={false}
            value={rule}
            onChange={setRule}
            options={rules.map(({ id }) => ({ value: id, label: t.rules[id] ?? id, detail: id }))}
          />
          <MomentField
            label={t.calculator.start}
            required
            allowNow={false}
            value={start}
            onChange={(moment, wrong) => {
              setStart(moment);
              setStartWrong(wrong);
            }}
          />
          {options.length === 0 ? null : (
            <fieldset className="fields">
              <legend className="field-label">{t.calculator.options}</legend>
              {has('class') ? (
                <SelectField
                  label={t.calculator.class}
                  value={crimeClass}
                  onChange={(next) => setCrimeClass(next as CrimeClass | null)}
                  options={(['IT', 'NT', 'RNT', 'DBNT'] as const).map((name) => ({
                    value: name,
                    label: t.cases.classes[name],
                    detail: name,
                  }))}
                />
              ) : null}
              {(['remote', 'complex', 'prolonged', 'juvenile'] as const).map((flag) =>
                has(flag) ? (
                  <TickField
                    key={flag}
                    label={t.calculator[flag]}
                    checked={flags[flag]}
                    onChange={(checked) => setFlags({ ...flags, [flag]: checked })}
                  />
                ) : null,
              )}
              {(['extensions', 'months', 'heldDays'] as const).map((count) =>
                has(count) ? (
                  <TextField
                    key={count}
                    label={t.calculator[count]}
                    type="number"
                    value={counts[count]}
                    onChange={(text) => setCounts({ ...counts, [count]: text })}
                  />
                ) : null,
              )}
              {has('caseInitiatedOn') ? (
                <DayField label={t.calculator.caseInitiatedOn} value={caseInitiatedOn} onChange={setCaseInitiatedOn} />
              ) : null}
              {has('returner') ? (
                <SelectField
                  label={t.calculator.returner}
                  value={returner}
                  onChange={(next) => setReturner(next as 'vks' | 'court' | null)}
                  options={(['vks', 'court'] as const).map((name) => ({
                    value: name,
                    label: t.calculator.returners[name],
                  }))}
                />
              ) : null}
            </fieldset>
          )}
          <div className="acts">
            <Button type="primary" htmlType="submit" loading={sending} data-testid="calculate">
              {t.calculator.calculate}
            </Button>
          </div>
        </div>
      </form>
      <div className="calculator-result" aria-live="polite">
        {problem === null ? null : <Refused error={problem} />}
        {result === null ? (
          problem === null ? (
            <p className="quiet calculator-empty">{t.calculator.empty}</p>
          ) : null
        ) : (
          <section className="panel" aria-label={t.term.threeDates} data-testid="calculator-result">
            <header className="panel-head">
              <h2>{t.rules[result.rule] ?? result.rule}</h2>
              <span className="quiet">{formatCites(result.cites, language)}</span>
            </header>
            <dl className="result-dates">
              {dates.map((name) => (
                <div key={name} className={`result-${name}`} data-testid={`result-${name}`}>
                  <dt>{t.term[name]}</dt>
                  <dd>{dateWithWeekday(result[name], language)}</dd>
                  <dd className="quiet">{meaning[name]}</dd>
                </div>
              ))}
            </dl>
            <div className="panel-body fields">
              <h3>{t.term.whyTitle}</h3>
              <WhyList steps={result.why} />
              {result.requestBy === null ? null : (
                <p className="note">{t.term.requestBy(formatDay(result.requestBy))}</p>
              )}
              <p className="quiet">
                {t.term.start} {formatWhen(result.start)}
                {result.nominal === null
                  ? null
                  : ` · ${t.calculator.nominal} ${isLegalDay(result.nominal) ? formatDay(result.nominal) : formatWhen(result.nominal)}`}
                {result.effective === null
                  ? null
                  : ` · ${t.calculator.effective} ${result.effective.to === null ? t.calculator.since(formatDay(result.effective.from)) : t.calculator.between(formatDay(result.effective.from), formatDay(result.effective.to))}`}
                {result.calendarVersion === null ? null : ` · ${t.calculator.calendar} ${result.calendarVersion}`}
              </p>
            </div>
          </section>
        )}
      </div>
    </div>
  );
}
