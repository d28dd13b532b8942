import { Button } from 'antd';
import type { LimitResult, RuleEntry } from '../api/types';
import { useI18n } from '../i18n';
import { formatCite, formatCites, formatDay, formatWhen, isLegalDay } from '../ui/format';
import { notify } from '../ui/notify';
import { dateWithWeekday, WhyList } from '../ui/term';
import { CalendarStrip } from './calendar-strip';

const dates = ['safeBy', 'due', 'latestArguable'] as const;

/** An answer as it is shown, copied and printed: three dates, the days around them, and each step of the count. */
export function CalculatorResult({ answer, rule }: { answer: LimitResult; rule: RuleEntry }) {
  const { t, say, language } = useI18n();
  const meaning = { safeBy: t.term.safeByLong, due: t.term.dueLong, latestArguable: t.term.latestLong };
  const shown = (when: string): string => (isLegalDay(when) ? formatDay(when) : formatWhen(when));
  const footing = [
    `${t.term.start} ${formatWhen(answer.start)}`,
    ...(answer.nominal === null ? [] : [`${t.calculator.nominal} ${shown(answer.nominal)}`]),
    ...(answer.effective === null
      ? []
      : [
          `${t.calculator.effective} ${
            answer.effective.to === null
              ? t.calculator.since(formatDay(answer.effective.from))
              : t.calculator.between(formatDay(answer.effective.from), formatDay(answer.effective.to))
          }`,
        ]),
    ...(answer.calendarVersion === null ? [] : [`${t.calculator.calendar} ${answer.calendarVersion}`]),
  ];
  const asText = (): string =>
    [
      `${say(rule.name)} (${formatCites(answer.cites, language)})`,
      ...dates.map((name) => `${t.term[name]}: ${dateWithWeekday(answer[name], language)}`),
      ...(answer.requestBy === null ? [] : [t.term.requestBy(formatDay(answer.requestBy))]),
      '',
      ...answer.why.map(
        (step, index) => `${index + 1}. ${say(step)}${step.cite ? ` (${formatCite(step.cite, language)})` : ''}`,
      ),
      '',
      footing.join(' · '),
    ].join('\n');

  return (
    <section className="panel" aria-label={t.term.threeDates} data-testid="calculator-result">
      <header className="panel-head">
        <h2>{say(rule.name)}</h2>
        <span className="quiet">{formatCites(answer.cites, language)}</span>
        <span className="acts push no-print">
          <Button
            data-testid="copy-result"
            onClick={() => {
              void navigator.clipboard.writeText(asText()).then(() => notify(t.common.copied));
            }}
          >
            {t.calculator.copyText}
          </Button>
          <Button onClick={() => window.print()}>{t.calculator.print}</Button>
        </span>
      </header>
      <dl className="result-dates">
        {dates.map((name) => (
          <div key={name} className={`result-${name}`} data-testid={`result-${name}`}>
            <dt>{t.term[name]}</dt>
            <dd>{dateWithWeekday(answer[name], language)}</dd>
            <dd className="quiet">{meaning[name]}</dd>
          </div>
        ))}
      </dl>
      <CalendarStrip answer={answer} />
      <div className="panel-body fields">
        <h3>{t.calculator.steps}</h3>
        <WhyList steps={answer.why} />
        {answer.requestBy === null ? null : <p className="note">{t.term.requestBy(formatDay(answer.requestBy))}</p>}
        <p className="quiet">{footing.join(' · ')}</p>
      </div>
    </section>
  );
}
