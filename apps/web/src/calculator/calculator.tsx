import { Button } from 'antd';
import { useMemo, useState, type FormEvent } from 'react';
import { newIntentKey, post } from '../api/client';
import { useRules } from '../api/queries';
import type { CrimeClass, LimitInput, LimitResult, RuleEntry, RuleOption } from '../api/types';
import { useI18n } from '../i18n';
import { now } from '../ui/clock';
import { DayField, MomentField, SelectField, TextField, TickField, type Option } from '../ui/field';
import { formatCites, toMoment, type Language } from '../ui/format';
import { Loading, LoadProblem, Refused } from '../ui/states';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import { CalculatorResult } from './calculator-result';
import './calculator.css';

const FIRST_RULE = 'CPC-147-1';
const flags = ['remote', 'complex', 'noninitiation', 'prolonged', 'juvenile'] as const;
const counts = ['extensions', 'months', 'heldDays'] as const;

/** Words by which a rule is found beside its name: both languages, articles as people say them, lengths, what it allows. */
function wordsOf({ name, cites, lengths, mostExtensions, options }: RuleEntry): string {
  const articles = cites.flatMap((cite) => {
    // The number of an act (`TTLT 01/2017`) is not that of an article.
    const article = /\d+/.exec(cite.replace(/^.*?\/\d{4}\S*\s/, ''))?.[0];
    return [
      cite,
      ...(article === undefined ? [] : [`Điều ${article} Đ.${article} Article ${article} Art. ${article}`]),
    ];
  });
  return [
    name.vi,
    name.en,
    ...articles,
    ...lengths.flatMap(({ vi, en }) => [vi, en]),
    ...(mostExtensions > 0 || options.includes('prolonged') ? ['gia hạn kéo dài extension prolong'] : []),
  ].join(' ');
}

/** A rule as a choice: its name, and its lengths and articles beside it. */
function choiceOf(rule: RuleEntry, language: Language): Option {
  const lengths = rule.lengths.map((length) => length[language]).join(', ');
  return {
    value: rule.id,
    label: rule.name[language],
    detail: [lengths, formatCites(rule.cites, language, true)].filter((part) => part !== '').join(' · '),
    words: wordsOf(rule),
  };
}

/** Rule, start and the circumstances that the rule knows give three dates and each step of the count. */
export default function Calculator() {
  const { t } = useI18n();
  const rules = useRules();
  useTitle(t.calculator.title);
  return (
    <div className="page calculator">
      <header>
        <h1>{t.calculator.title}</h1>
        <p className="page-lead no-print">{t.calculator.lead}</p>
      </header>
      {rules.isError ? (
        <LoadProblem error={rules.error} retry={() => void rules.refetch()} />
      ) : rules.data === undefined ? (
        <Loading rows={8} />
      ) : (
        <Sheet rules={rules.data.items} />
      )}
    </div>
  );
}

function Sheet({ rules }: { rules: RuleEntry[] }) {
  const { t, say, language } = useI18n();
  const [query, setQuery] = useQueryState();
  const id = query.get('rule') ?? FIRST_RULE;
  const rule = rules.find((one) => one.id === id) ?? null;
  const [start, setStart] = useState<string | null>(toMoment(Math.floor(now() / 60_000) * 60_000));
  const [startWrong, setStartWrong] = useState(false);
  const [crimeClass, setCrimeClass] = useState<CrimeClass | null>(null);
  const [flag, setFlag] = useState<Partial<Record<(typeof flags)[number], boolean>>>({});
  const [count, setCount] = useState<Partial<Record<(typeof counts)[number], string>>>({});
  const [caseInitiatedOn, setCaseInitiatedOn] = useState<string | null>(null);
  const [returner, setReturner] = useState<'vks' | 'court' | null>(null);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [result, setResult] = useState<{ answer: LimitResult; rule: RuleEntry } | null>(null);
  const choices = useMemo(() => rules.map((one) => choiceOf(one, language)), [rules, language]);
  const has = (option: RuleOption): boolean => rule?.options.includes(option) ?? false;
  const isNeeded = (option: RuleOption): boolean =>
    has(option) && (option === 'class' || option === 'returner' || option === 'months');

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (rule === null || start === null || startWrong) return;
    const input: LimitInput = { rule: rule.id, start };
    if (has('class') && crimeClass !== null) input.class = crimeClass;
    for (const name of flags) if (has(name) && flag[name]) input[name] = true;
    for (const name of counts) {
      const text = count[name] ?? '';
      if (has(name) && text !== '') input[name] = Number(text);
    }
    if (has('caseInitiatedOn') && caseInitiatedOn !== null) input.caseInitiatedOn = caseInitiatedOn;
    if (has('returner') && returner !== null) input.returner = returner;
    setSending(true);
    setProblem(null);
    try {
      const answer = await post<LimitResult>('/api/time-limits/calculate', input, { intentKey: newIntentKey() });
      setResult({ answer, rule });
    } catch (error) {
      setProblem(error);
      setResult(null);
    } finally {
      setSending(false);
    }
  };

  return (
    <>
      <form
        className="panel no-print"
        onSubmit={(event) => void submit(event)}
        noValidate
        data-testid="calculator-form"
      >
        <div className="panel-body fields">
          <SelectField
            label={t.calculator.rule}
            required
            allowClear={false}
            value={rule?.id ?? null}
            onChange={(next) => setQuery({ rule: next })}
            options={choices}
            hint={t.calculator.ruleHint}
          />
          {rule === null ? null : (
            <p className="quiet rule-words">
              {t.calculator.startsFrom(say(rule.startsFrom))}
              {rule.condition === null ? null : (
                <>
                  <br />
                  {t.calculator.condition(say(rule.condition))}
                </>
              )}
            </p>
          )}
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
          {rule === null || rule.options.length === 0 ? null : (
            <fieldset className="fields">
              <legend className="field-label">{t.calculator.options}</legend>
              {has('class') ? (
                <SelectField
                  label={t.calculator.class}
                  required={isNeeded('class')}
                  value={crimeClass}
                  onChange={(next) => setCrimeClass(next as CrimeClass | null)}
                  options={(['IT', 'NT', 'RNT', 'DBNT'] as const).map((name) => ({
                    value: name,
                    label: t.cases.classes[name],
                    detail: name,
                  }))}
                />
              ) : null}
              {has('returner') ? (
                <SelectField
                  label={t.calculator.returner}
                  required
                  value={returner}
                  onChange={(next) => setReturner(next as 'vks' | 'court' | null)}
                  options={(['vks', 'court'] as const).map((name) => ({
                    value: name,
                    label: t.calculator.returners[name],
                  }))}
                />
              ) : null}
              {flags.map((name) =>
                has(name) ? (
                  <TickField
                    key={name}
                    label={t.calculator[name]}
                    checked={flag[name] ?? false}
                    onChange={(checked) => setFlag({ ...flag, [name]: checked })}
                  />
                ) : null,
              )}
              {counts.map((name) =>
                has(name) ? (
                  <TextField
                    key={name}
                    label={t.calculator[name]}
                    type="number"
                    required={isNeeded(name)}
                    value={count[name] ?? ''}
                    onChange={(text) => setCount({ ...count, [name]: text })}
                    {...(name === 'extensions' ? { hint: t.calculator.atMost(rule.mostExtensions) } : {})}
                  />
                ) : null,
              )}
              {has('caseInitiatedOn') ? (
                <DayField label={t.calculator.caseInitiatedOn} value={caseInitiatedOn} onChange={setCaseInitiatedOn} />
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
        {result !== null ? (
          <CalculatorResult answer={result.answer} rule={result.rule} />
        ) : problem === null ? (
          <p className="quiet calculator-empty">{t.calculator.empty}</p>
        ) : null}
      </div>
    </>
  );
}
