import { Input, Select } from 'antd';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useI18n } from '../i18n';
import { now } from './clock';
import { formatDay, formatTime, isLegalDay, legalDayOf, parseDay, parseMoment, toMoment, toMs } from './format';
import { Icon } from './icon';

/** A labelled control: label above, hint and fault below, all tied together for screen readers. */
export function Field({
  label,
  hint,
  fault,
  required = false,
  children,
}: {
  label: string;
  hint?: ReactNode;
  fault?: string | null;
  required?: boolean;
  children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ReactNode;
}) {
  const id = useId();
  const { t } = useI18n();
  const hasFault = fault !== undefined && fault !== null && fault !== '';
  const describedBy = [hint === undefined ? null : `${id}-hint`, hasFault ? `${id}-fault` : null]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={hasFault ? 'field field-faulty' : 'field'}>
      <label htmlFor={id} className="field-label">
        {label}
        {required ? (
          <span className="field-required" title={t.common.required}>
            {' '}
            *
          </span>
        ) : null}
      </label>
      {children({ id, describedBy: describedBy === '' ? undefined : describedBy, invalid: hasFault })}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
      {hasFault ? (
        <p id={`${id}-fault`} className="field-fault">
          <Icon name="warn" /> {fault}
        </p>
      ) : null}
    </div>
  );
}

export interface TextFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: ReactNode;
  fault?: string | null;
  required?: boolean;
  rows?: number;
  autoFocus?: boolean;
  name?: string;
  type?: 'text' | 'tel' | 'number';
  autoComplete?: string;
}

/** One line of text, or several when `rows` is given. */
export function TextField({
  label,
  value,
  onChange,
  hint,
  fault,
  required,
  rows,
  autoFocus,
  name,
  type = 'text',
  autoComplete = 'off',
}: TextFieldProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })} fault={fault ?? null} required={required ?? false}>
      {({ id, describedBy, invalid }) =>
        rows === undefined ? (
          <Input
            id={id}
            name={name}
            type={type}
            value={value}
            autoFocus={autoFocus}
            autoComplete={autoComplete}
            required={required}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            status={invalid ? 'error' : ''}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : (
          <Input.TextArea
            id={id}
            name={name}
            value={value}
            autoFocus={autoFocus}
            autoSize={{ minRows: rows, maxRows: 18 }}
            required={required}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            status={invalid ? 'error' : ''}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

/** Yes, no, and not known where `unknown` is given. */
export function ChoiceField<T extends string>({
  label,
  value,
  onChange,
  options,
  hint,
  fault,
  required,
}: {
  label: string;
  value: T | null;
  onChange: (value: T) => void;
  options: { value: T; label: string; hint?: string }[];
  hint?: ReactNode;
  fault?: string | null;
  required?: boolean;
}) {
  const { t } = useI18n();
  const name = useId();
  const hasFault = fault !== undefined && fault !== null;
  return (
    <fieldset
      className={hasFault ? 'field choice field-faulty' : 'field choice'}
      aria-describedby={hint === undefined ? undefined : `${name}-hint`}
    >
      <legend className="field-label">
        {label}
        {required ? (
          <span className="field-required" title={t.common.required}>
            {' '}
            *
          </span>
        ) : null}
      </legend>
      <div className="choice-options">
        {options.map((option) => (
          <label
            key={option.value}
            className={option.value === value ? 'choice-option choice-chosen' : 'choice-option'}
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span className="choice-label">{option.label}</span>
            {option.hint === undefined ? null : <span className="choice-hint">{option.hint}</span>}
          </label>
        ))}
      </div>
      {hint === undefined ? null : (
        <p id={`${name}-hint`} className="field-hint">
          {hint}
        </p>
      )}
      {hasFault ? (
        <p className="field-fault">
          <Icon name="warn" /> {fault}
        </p>
      ) : null}
    </fieldset>
  );
}

/** Yes or no. */
export function YesNoField(props: {
  label: string;
  value: boolean | null;
  onChange: (value: boolean) => void;
  hint?: ReactNode;
  fault?: string | null;
  required?: boolean;
}) {
  const { t } = useI18n();
  const { value, onChange, ...rest } = props;
  return (
    <ChoiceField
      {...rest}
      value={value === null ? null : value ? 'yes' : 'no'}
      onChange={(next) => onChange(next === 'yes')}
      options={[
        { value: 'yes', label: t.common.yes },
        { value: 'no', label: t.common.no },
      ]}
    />
  );
}

/** A box to tick. */
export function TickField({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label className="tick">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}

export interface Option {
  value: string;
  label: string;
  detail?: string;
  /** Further words by which it is found; not shown. */
  words?: string;
}

/** A list to choose from by typing; accents are optional. */
export function SelectField({
  label,
  value,
  onChange,
  options,
  hint,
  fault,
  required,
  onSearch,
  loading,
  allowClear = true,
  bare = false,
  placeholder,
}: {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
  options: Option[];
  hint?: ReactNode;
  fault?: string | null;
  required?: boolean;
  /** Where the server searches: called with what is typed; the options are then shown as given. */
  onSearch?: (text: string) => void;
  loading?: boolean;
  allowClear?: boolean;
  /** The control alone, its label for screen readers only. */
  bare?: boolean;
  placeholder?: string;
}) {
  const { t } = useI18n();
  const control = (ids: { id?: string; describedBy?: string | undefined; invalid?: boolean }) => (
    <Select
      {...(ids.id === undefined ? {} : { id: ids.id })}
      value={value}
      onChange={(next: string | undefined) => onChange(next ?? null)}
      options={options}
      allowClear={allowClear}
      showSearch={
        onSearch === undefined
          ? {
              filterOption: (text, option) =>
                fold(`${option?.label ?? ''} ${option?.value ?? ''} ${option?.words ?? ''}`).includes(
                  fold(text.trim()),
                ),
            }
          : { filterOption: false, onSearch }
      }
      loading={loading ?? false}
      placeholder={placeholder ?? (onSearch === undefined ? t.common.pick : t.common.typeToSearch)}
      notFoundContent={loading ? t.common.loading : t.common.notFound}
      status={ids.invalid ? 'error' : ''}
      aria-label={label}
      aria-describedby={ids.describedBy}
      className="select"
      popupMatchSelectWidth={false}
      optionRender={(option) => (
        <span className="option">
          <span>{option.data.label}</span>
          {option.data.detail === undefined ? null : <span className="option-detail">{option.data.detail}</span>}
        </span>
      )}
    />
  );
  if (bare) return control({});
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })} fault={fault ?? null} required={required ?? false}>
      {control}
    </Field>
  );
}

const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase();

/** A button that opens the browser's own calendar, and the text beside it stays what is typed. */
function CalendarButton({ value, onPick }: { value: string | null; onPick: (day: string) => void }) {
  const { t } = useI18n();
  const native = useRef<HTMLInputElement>(null);
  return (
    <span className="calendar">
      <button
        type="button"
        className="plain-button"
        aria-label={t.common.pickDay}
        title={t.common.pickDay}
        onClick={() => native.current?.showPicker()}
      >
        <Icon name="calendar" />
      </button>
      <input
        ref={native}
        type="date"
        tabIndex={-1}
        aria-hidden="true"
        value={value ?? ''}
        onChange={(event) => {
          if (event.target.value !== '') onPick(event.target.value);
        }}
      />
    </span>
  );
}

/** A legal day, typed as `25/01/2026` or picked. `onChange` gets null while the text is no day. */
export function DayField({
  label,
  value,
  onChange,
  hint,
  fault,
  required,
  bare = false,
}: {
  label: string;
  value: string | null;
  onChange: (day: string | null) => void;
  hint?: ReactNode;
  fault?: string | null;
  required?: boolean;
  bare?: boolean;
}) {
  const { t } = useI18n();
  const [text, setText] = useState(value === null ? '' : formatDay(value));
  const [left, setLeft] = useState(false);
  useEffect(() => {
    if (value !== null && parseDay(text) !== value) setText(formatDay(value));
    if (value === null && parseDay(text) !== null) setText('');
    // The text follows the value, never the other way round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [value]);
  const wrong = text !== '' && parseDay(text) === null && left;
  const control = (ids: { id?: string; describedBy?: string | undefined; invalid?: boolean }) => (
    <Input
      {...(ids.id === undefined ? { 'aria-label': label } : { id: ids.id })}
      className="day-input"
      inputMode="numeric"
      autoComplete="off"
      placeholder={t.common.dayPattern}
      value={text}
      aria-describedby={ids.describedBy}
      aria-invalid={ids.invalid ?? wrong}
      status={(ids.invalid ?? wrong) ? 'error' : ''}
      onChange={(event) => {
        setText(event.target.value);
        setLeft(false);
        const day = parseDay(event.target.value);
        if (day !== value) onChange(day);
      }}
      onBlur={() => {
        setLeft(true);
        const day = parseDay(text);
        if (day !== null) setText(formatDay(day));
      }}
      suffix={<CalendarButton value={value} onPick={onChange} />}
    />
  );
  if (bare) return control({});
  return (
    <Field
      label={label}
      {...(hint === undefined ? {} : { hint })}
      fault={wrong ? t.common.dayWrong : (fault ?? null)}
      required={required ?? false}
    >
      {control}
    </Field>
  );
}

/** A moment in Viet Nam, typed as `08:05 25/01/2026`. `null` stands for "now", taken when the form is sent. */
export function MomentField({
  label,
  value,
  onChange,
  hint,
  fault,
  required,
  allowNow = true,
}: {
  label: string;
  value: string | null;
  onChange: (moment: string | null, isWrong: boolean) => void;
  hint?: ReactNode;
  fault?: string | null;
  required?: boolean;
  allowNow?: boolean;
}) {
  const { t } = useI18n();
  const write = (moment: string): string => `${formatTime(moment)} ${formatDay(moment)}`;
  const [text, setText] = useState(value === null ? '' : write(value));
  const [left, setLeft] = useState(false);
  const [shownNow, setShownNow] = useState(() => write(toMoment(now())));
  const isNow = value === null && text === '' && allowNow;
  useEffect(() => {
    if (!isNow) return;
    const timer = setInterval(() => setShownNow(write(toMoment(now()))), 5_000);
    return () => clearInterval(timer);
  }, [isNow]);
  useEffect(() => {
    if (value !== null && parseMoment(text) !== value) setText(write(value));
    // The text follows the value, never the other way round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [value]);
  const wrong = text !== '' && parseMoment(text) === null && left;
  const change = (next: string): void => {
    setText(next);
    setLeft(false);
    const moment = parseMoment(next);
    onChange(moment, next !== '' && moment === null);
  };
  return (
    <Field
      label={label}
      {...(hint === undefined ? {} : { hint })}
      fault={wrong ? t.common.momentWrong : (fault ?? null)}
      required={required ?? false}
    >
      {({ id, describedBy, invalid }) => (
        <div className="moment">
          <Input
            id={id}
            className="moment-input"
            autoComplete="off"
            placeholder={isNow ? shownNow : t.common.momentPattern}
            value={text}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            status={invalid ? 'error' : ''}
            onChange={(event) => change(event.target.value)}
            onBlur={() => {
              setLeft(true);
              const moment = parseMoment(text);
              if (moment !== null) setText(write(moment));
            }}
            suffix={
              <CalendarButton
                value={value === null ? legalDayOf(now()) : isLegalDay(value) ? value : legalDayOf(toMs(value))}
                onPick={(day) => change(`${value === null ? formatTime(now()) : formatTime(value)} ${formatDay(day)}`)}
              />
            }
          />
          {allowNow ? (
            <button
              type="button"
              className={isNow ? 'now-button now-chosen' : 'now-button'}
              aria-pressed={isNow}
              onClick={() => change('')}
            >
              {t.common.now}
            </button>
          ) : null}
        </div>
      )}
    </Field>
  );
}
