import { useI18n } from '../i18n';
import { ActForm, ActShell, type ActTarget } from './act-drawer';

/** An act on the matter that is open. */
export default function MatterActDrawer({
  target,
  act,
  onClose,
}: {
  target: ActTarget;
  act: string;
  onClose: () => void;
}) {
  const { t } = useI18n();
  return (
    <ActShell title={`${t.acts.names[act] ?? act} · ${target.number}`} onClose={onClose}>
      <ActForm key={act} target={target} act={act} onDone={onClose} />
    </ActShell>
  );
}
