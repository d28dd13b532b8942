import { useTip } from '../api/queries';
import { useI18n } from '../i18n';
import { Loading, LoadProblem } from '../ui/states';
import { ActForm, ActShell } from './act-drawer';

/** An act chosen in a list: the matter is read first, because the list does not carry its acts. */
export default function TipActDrawer({ id, act, onClose }: { id: string; act: string; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <ActShell title={t.acts.names[act] ?? act} onClose={onClose}>
      <TipAct id={id} act={act} onDone={onClose} />
    </ActShell>
  );
}

function TipAct({ id, act, onDone }: { id: string; act: string; onDone: () => void }) {
  const tip = useTip(id);
  const { t } = useI18n();
  if (tip.isError) return <LoadProblem error={tip.error} retry={() => void tip.refetch()} />;
  if (tip.data === undefined) return <Loading />;
  const { registerNumber, kind, category } = tip.data;
  return (
    <>
      <p className="act-target">
        <strong>{registerNumber}</strong> · {t.tip.kinds[kind]}
        {category === null ? null : ` · ${t.tip.categories[category]}`}
      </p>
      <ActForm target={{ ...tip.data, path: `/api/tips/${id}`, number: registerNumber }} act={act} onDone={onDone} />
    </>
  );
}
