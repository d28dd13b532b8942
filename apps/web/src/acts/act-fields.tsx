import { Input } from 'antd';
import type { Category, Decision, Offence, ProsecutionDecision } from '../api/types';
import { prosecutionDecisions } from '../api/types';
import { useI18n } from '../i18n';
import { ChoiceField, DayField, Field, TextField, TickField, YesNoField } from '../ui/field';
import { CategoryField, OffenceField, UnitField } from './lookup-fields';
import type { ActSpec } from './act-specs';

/** What an act may ask beside its time and its decision; null where it has not been answered. */
export interface ActFields {
  competent: boolean | null;
  urgent: boolean | null;
  category: Category | null;
  offence: Offence | null;
  signsOfCrime: boolean | null;
  toUnit: string | null;
  reason: string;
  investigator: string;
  ground: 'a' | 'b' | 'c' | null;
  administrativeReferral: boolean;
  notice: 'receipt' | 'assignment' | 'suspension' | 'resumption' | 'result' | 'initiation' | null;
  recipient: 'procuracy' | 'informant' | null;
  proposesProsecution: boolean | null;
  complete: boolean | null;
  conclusionDelivered: boolean | null;
  prosecution: ProsecutionDecision | null;
}

export const noFields: ActFields = {
  competent: null,
  urgent: null,
  category: null,
  offence: null,
  signsOfCrime: null,
  toUnit: null,
  reason: '',
  investigator: '',
  ground: null,
  administrativeReferral: false,
  notice: null,
  recipient: null,
  proposesProsecution: null,
  complete: null,
  conclusionDelivered: null,
  prosecution: null,
};

export interface DecisionFields {
  number: string;
  signedOn: string | null;
  signer: string;
  from: string | null;
  to: string | null;
}

/** The written decision, or null while a required part is missing. */
export function decisionOf({ number, signedOn, signer, from, to }: DecisionFields): Decision | null {
  if (number.trim() === '' || signedOn === null || signer.trim() === '') return null;
  return {
    number: number.trim(),
    signedOn,
    signer: signer.trim(),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  };
}

export type FaultOf = (field: string) => string | null;

/** Number, day of signing, signer; the printed from and to dates where the decision has them. */
export function DecisionPart({
  value,
  onChange,
  printsTerm,
  faultOf,
}: {
  value: DecisionFields;
  onChange: (value: DecisionFields) => void;
  printsTerm: boolean;
  faultOf: FaultOf;
}) {
  const { t } = useI18n();
  const set = (part: Partial<DecisionFields>): void => onChange({ ...value, ...part });
  return (
    <fieldset className="decision-part">
      <legend>{t.acts.decision}</legend>
      <div className="fields">
        <div className="field-pair">
          <TextField
            label={t.acts.decisionNumber}
            name="decision-number"
            value={value.number}
            onChange={(number) => set({ number })}
            required
            fault={faultOf('decision.number')}
          />
          <DayField
            label={t.acts.signedOn}
            value={value.signedOn}
            onChange={(signedOn) => set({ signedOn })}
            required
            fault={faultOf('decision.signedOn')}
          />
        </div>
        <TextField
          label={t.acts.signer}
          name="decision-signer"
          value={value.signer}
          onChange={(signer) => set({ signer })}
          required
          fault={faultOf('decision.signer')}
        />
        {printsTerm ? (
          <>
            <div className="field-pair">
              <DayField
                label={t.acts.printedFrom}
                value={value.from}
                onChange={(from) => set({ from })}
                fault={faultOf('decision.from')}
              />
              <DayField
                label={t.acts.printedTo}
                value={value.to}
                onChange={(to) => set({ to })}
                fault={faultOf('decision.to')}
              />
            </div>
            <p className="field-hint">{t.acts.printedHint}</p>
          </>
        ) : null}
      </div>
    </fieldset>
  );
}

/** The fields of one act, in the order of its specification. */
export function ActFieldList({
  spec,
  value,
  onChange,
  faultOf,
  myId,
}: {
  spec: ActSpec;
  value: ActFields;
  onChange: (value: ActFields) => void;
  faultOf: FaultOf;
  myId: string | null;
}) {
  const { t } = useI18n();
  const set = (part: Partial<ActFields>): void => onChange({ ...value, ...part });
  const common = (field: keyof ActFields) => ({ required: spec.required.includes(field), fault: faultOf(field) });
  return (
    <>
      {spec.fields.map((field) => {
        switch (field) {
          case 'competent':
            return (
              <YesNoField
                key={field}
                label={t.acts.competent}
                value={value.competent}
                onChange={(competent) => set({ competent })}
                {...common(field)}
              />
            );
          case 'urgent':
            return (
              <YesNoField
                key={field}
                label={t.acts.urgent}
                hint={t.acts.urgentHint}
                value={value.urgent}
                onChange={(urgent) => set({ urgent })}
                {...common(field)}
              />
            );
          case 'category':
            return (
              <CategoryField
                key={field}
                value={value.category}
                onChange={(category) => set({ category })}
                {...common(field)}
              />
            );
          case 'offence':
            return (
              <OffenceField
                key={field}
                value={value.offence}
                onChange={(offence) => set({ offence })}
                {...common(field)}
              />
            );
          case 'signsOfCrime':
            return (
              <YesNoField
                key={field}
                label={t.acts.signs}
                value={value.signsOfCrime}
                onChange={(signsOfCrime) => set({ signsOfCrime })}
                {...common(field)}
              />
            );
          case 'toUnit':
            return (
              <UnitField
                key={field}
                label={t.acts.toUnit}
                value={value.toUnit}
                onChange={(toUnit) => set({ toUnit })}
                {...common(field)}
              />
            );
          case 'reason':
            return (
              <TextField
                key={field}
                label={t.acts.reason}
                name="reason"
                rows={3}
                value={value.reason}
                onChange={(reason) => set({ reason })}
                {...common(field)}
              />
            );
          case 'investigator':
            return (
              <Field key={field} label={t.acts.investigator} {...common(field)}>
                {({ id, describedBy, invalid }) => (
                  <div className="moment">
                    <Input
                      id={id}
                      name="investigator"
                      autoComplete="off"
                      value={value.investigator}
                      aria-describedby={describedBy}
                      aria-invalid={invalid}
                      status={invalid ? 'error' : ''}
                      onChange={(event) => set({ investigator: event.target.value })}
                    />
                    {myId === null ? null : (
                      <button
                        type="button"
                        className={value.investigator === myId ? 'now-button now-chosen' : 'now-button'}
                        aria-pressed={value.investigator === myId}
                        onClick={() => set({ investigator: myId })}
                      >
                        {t.acts.toMe}
                      </button>
                    )}
                  </div>
                )}
              </Field>
            );
          case 'ground':
            return (
              <ChoiceField
                key={field}
                label={t.acts.ground}
                value={value.ground}
                onChange={(ground) => set({ ground })}
                options={(['a', 'b', 'c'] as const).map((ground) => ({ value: ground, label: t.tip.grounds[ground] }))}
                {...common(field)}
              />
            );
          case 'administrativeReferral':
            return (
              <TickField
                key={field}
                label={t.acts.administrative}
                checked={value.administrativeReferral}
                onChange={(administrativeReferral) => set({ administrativeReferral })}
              />
            );
          case 'notice':
            return (
              <ChoiceField
                key={field}
                label={t.acts.notice}
                value={value.notice}
                onChange={(notice) => set({ notice })}
                options={(['receipt', 'assignment', 'suspension', 'resumption', 'result', 'initiation'] as const).map(
                  (notice) => ({
                    value: notice,
                    label: t.acts.noticeKinds[notice],
                  }),
                )}
                {...common(field)}
              />
            );
          case 'recipient':
            return (
              <ChoiceField
                key={field}
                label={t.acts.recipient}
                value={value.recipient}
                onChange={(recipient) => set({ recipient })}
                options={(['procuracy', 'informant'] as const).map((recipient) => ({
                  value: recipient,
                  label: t.acts.recipients[recipient],
                }))}
                {...common(field)}
              />
            );
          case 'proposesProsecution':
            return (
              <YesNoField
                key={field}
                label={t.acts.proposes}
                value={value.proposesProsecution}
                onChange={(proposesProsecution) => set({ proposesProsecution })}
                {...common(field)}
              />
            );
          case 'complete':
            return (
              <YesNoField
                key={field}
                label={t.acts.complete}
                value={value.complete}
                onChange={(complete) => set({ complete })}
                {...common(field)}
              />
            );
          case 'conclusionDelivered':
            return (
              <YesNoField
                key={field}
                label={t.acts.conclusionDelivered}
                value={value.conclusionDelivered}
                onChange={(conclusionDelivered) => set({ conclusionDelivered })}
                {...common(field)}
              />
            );
          case 'prosecution':
            return (
              <ChoiceField
                key={field}
                label={t.acts.decisionKind}
                value={value.prosecution}
                onChange={(prosecution) => set({ prosecution })}
                options={prosecutionDecisions.map((decision) => ({
                  value: decision,
                  label: t.acts.decisions[decision],
                }))}
                {...common(field)}
              />
            );
        }
      })}
    </>
  );
}
