import type { Bilingual } from '../api/types';
import { useI18n } from '../i18n';
import { ChoiceField, SelectField, TextField } from '../ui/field';
import { formatDay, formatWeekday } from '../ui/format';
import { saturdaysNear, type Schedule, stateOf, unpaired, weekdayOf, withDay, withSaturday } from './schedule';
import type { OffDay, OffDayKind } from './types';
import { useWords } from './words';

/** The occasions of the Labour Code, by the names that the calendar uses. */
const OCCASIONS: readonly Bilingual[] = [
  { vi: 'Tết Dương lịch', en: 'New Year' },
  { vi: 'Tết Nguyên đán', en: 'Lunar New Year (Tết)' },
  { vi: 'Giỗ Tổ Hùng Vương', en: "Hùng Kings' Commemoration" },
  { vi: 'Ngày Chiến thắng 30/4', en: 'Victory Day' },
  { vi: 'Ngày Quốc tế lao động', en: 'International Labour Day' },
  { vi: 'Quốc khánh', en: 'National Day' },
  { vi: 'Ngày Văn hóa Việt Nam', en: 'Vietnam Culture Day' },
];
const OTHER = 'other';

/** The occasion whose days off lie nearest: what a new day off is most likely for. */
function likelyOccasion(day: string, { offDays }: Schedule): Bilingual {
  const distance = (one: OffDay): number => Math.abs(Date.parse(one.day) - Date.parse(day));
  return [...offDays].sort((a, b) => distance(a) - distance(b))[0]?.name ?? OCCASIONS[0]!;
}

interface Props {
  day: string;
  schedule: Schedule;
  onChange: (schedule: Schedule) => void;
}

/** What the chosen day is, and what it can be made. */
export function DayEditor({ day, schedule, onChange }: Props) {
  const w = useWords();
  const { language } = useI18n();
  const weekday = weekdayOf(day);
  return (
    <div className="law-day-editor" data-testid="day-editor">
      <h3>
        {formatWeekday(day, language)} {formatDay(day)}
      </h3>
      {weekday === 0 ? (
        <p className="quiet">{w.sunday}</p>
      ) : weekday === 6 ? (
        <SaturdayEditor day={day} schedule={schedule} onChange={onChange} />
      ) : (
        <WeekdayEditor day={day} schedule={schedule} onChange={onChange} />
      )}
    </div>
  );
}

function WeekdayEditor({ day, schedule, onChange }: Props) {
  const w = useWords();
  const { say, language } = useI18n();
  const state = stateOf(day, schedule);
  const off = state.is === 'off' ? state.off : null;
  const known = off === null ? null : (OCCASIONS.find(({ vi }) => vi === off.name.vi) ?? null);
  const pair = schedule.workingSaturdays.find(({ insteadOf }) => insteadOf === day)?.day ?? null;
  const choose = (kind: OffDayKind | 'works'): void => {
    if (kind === 'works') onChange(withDay(schedule, day, null));
    else onChange(withDay(schedule, day, { kind, name: off?.name ?? likelyOccasion(day, schedule) }));
  };
  const rename = (name: Bilingual): void => {
    if (off !== null) onChange(withDay(schedule, day, { kind: off.kind, name }));
  };
  return (
    <>
      <ChoiceField
        label={w.chosenDay}
        value={off?.kind ?? 'works'}
        onChange={choose}
        options={[
          { value: 'works', label: w.kindWorks },
          ...(['holiday', 'compensation', 'swap'] as const).map((kind) => ({ value: kind, label: w.kinds[kind] })),
        ]}
      />
      {off === null ? null : (
        <SelectField
          label={w.occasion}
          value={known === null ? OTHER : known.vi}
          allowClear={false}
          onChange={(value) => rename(OCCASIONS.find(({ vi }) => vi === value) ?? { vi: '', en: '' })}
          options={[...OCCASIONS.map((one) => ({ value: one.vi, label: say(one) })), { value: OTHER, label: w.other }]}
        />
      )}
      {off !== null && known === null ? (
        <>
          <TextField label={w.occasionVi} value={off.name.vi} required onChange={(vi) => rename({ ...off.name, vi })} />
          <TextField label={w.occasionEn} value={off.name.en} required onChange={(en) => rename({ ...off.name, en })} />
        </>
      ) : null}
      {off?.kind === 'swap' ? (
        <SelectField
          label={w.madeUpOn}
          value={pair}
          required
          onChange={(saturday) => onChange(withSaturday(schedule, day, saturday))}
          options={saturdaysNear(day).map((one) => ({
            value: one,
            label: `${formatWeekday(one, language)} ${formatDay(one)}`,
          }))}
        />
      ) : null}
    </>
  );
}

function SaturdayEditor({ day, schedule, onChange }: Props) {
  const w = useWords();
  const { language } = useI18n();
  const state = stateOf(day, schedule);
  const insteadOf = state.is === 'saturday' ? state.insteadOf : null;
  const open = [...unpaired(schedule).map((one) => one.day), ...(insteadOf === null ? [] : [insteadOf])];
  if (open.length === 0) return <p className="quiet">{w.noSwap}</p>;
  return (
    <SelectField
      label={w.madeUpFor}
      value={insteadOf}
      onChange={(next) => {
        const freed = insteadOf === null ? schedule : withSaturday(schedule, insteadOf, null);
        onChange(next === null ? freed : withSaturday(freed, next, day));
      }}
      options={open.map((one) => ({ value: one, label: `${formatWeekday(one, language)} ${formatDay(one)}` }))}
    />
  );
}
