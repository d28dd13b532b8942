import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useCommunes, useOffences, useUnits } from '../api/queries';
import { categories, type Category, type Offence, type Unit } from '../api/types';
import { useI18n } from '../i18n';
import { SelectField } from '../ui/field';

/** Fields whose values are looked up by typing. */
function useTyped(): [string, (text: string) => void] {
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), 180);
    return () => clearTimeout(timer);
  }, [typed]);
  return [asked, setTyped];
}

interface Common {
  label?: string;
  fault?: string | null;
  required?: boolean;
  hint?: ReactNode;
}

export function CategoryField({
  value,
  onChange,
  label,
  ...rest
}: Common & { value: Category | null; onChange: (value: Category | null) => void }) {
  const { t } = useI18n();
  return (
    <SelectField
      label={label ?? t.tip.category}
      value={value}
      onChange={(next) => onChange(next as Category | null)}
      options={categories.map((category) => ({ value: category, label: t.tip.categories[category] }))}
      {...rest}
    />
  );
}

/** An article and clause of the Penal Code, by number or by words. */
export function OffenceField({
  value,
  onChange,
  label,
  ...rest
}: Common & { value: Offence | null; onChange: (value: Offence | null) => void }) {
  const { t, say } = useI18n();
  const [asked, type] = useTyped();
  const found = useOffences(asked);
  const options = useMemo(() => {
    const listed = (found.data?.items ?? []).flatMap((entry) =>
      (entry.clauses.length === 0 ? [null] : entry.clauses).map((clause) => ({
        value: clause === null ? String(entry.article) : `${entry.article}.${clause.clause}`,
        label: `${t.tip.offenceOf(entry.article, clause?.clause)} · ${say(entry.name)}`,
        ...(clause === null ? {} : { detail: t.cases.classes[clause.class] }),
      })),
    );
    if (value !== null) {
      const key = value.clause ? `${value.article}.${value.clause}` : String(value.article);
      if (!listed.some((option) => option.value === key))
        listed.unshift({ value: key, label: t.tip.offenceOf(value.article, value.clause) });
    }
    return listed;
  }, [found.data, value, t, say]);
  return (
    <SelectField
      label={label ?? t.tip.offence}
      value={value === null ? null : value.clause ? `${value.article}.${value.clause}` : String(value.article)}
      onChange={(next) => {
        if (next === null) onChange(null);
        else {
          const [article, clause] = next.split('.');
          onChange({ article: Number(article), ...(clause === undefined ? {} : { clause: Number(clause) }) });
        }
      }}
      options={options}
      onSearch={type}
      loading={found.isFetching}
      {...rest}
    />
  );
}

/** A commune by name, accents optional. */
export function CommuneField({
  value,
  name,
  onChange,
  label,
  ...rest
}: Common & {
  value: string | null;
  name: string | null;
  onChange: (code: string | null, name: string | null) => void;
}) {
  const { t } = useI18n();
  const [asked, type] = useTyped();
  const found = useCommunes(asked);
  const options = (found.data?.items ?? []).map((commune) => ({
    value: commune.code,
    label: commune.name,
    detail: commune.code,
  }));
  if (value !== null && !options.some((option) => option.value === value)) {
    options.unshift({ value, label: name ?? value, detail: value });
  }
  return (
    <SelectField
      label={label ?? t.tip.commune}
      value={value}
      onChange={(next) => onChange(next, options.find((option) => option.value === next)?.label ?? null)}
      options={options}
      onSearch={type}
      loading={found.isFetching}
      {...rest}
    />
  );
}

/** One of the units, by name or code. */
export function UnitField({
  value,
  onChange,
  label,
  root,
  only,
  ...rest
}: Common & {
  value: string | null;
  onChange: (code: string | null) => void;
  root?: string;
  only?: (unit: Unit) => boolean;
}) {
  const { t, language } = useI18n();
  const units = useUnits(root);
  const options = useMemo(
    () =>
      (units.data?.items ?? [])
        .filter((unit) => only?.(unit) ?? true)
        .map((unit) => ({
          value: unit.code,
          label: language === 'vi' ? unit.nameVi : (unit.nameEn ?? unit.nameVi),
          detail: unit.code,
        })),
    [units.data, only, language],
  );
  return (
    <SelectField
      label={label ?? t.common.unit}
      value={value}
      onChange={onChange}
      options={options}
      loading={units.isFetching}
      {...rest}
    />
  );
}
