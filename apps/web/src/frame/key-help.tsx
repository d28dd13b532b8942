import { useI18n } from '../i18n';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';

/** The keys that work everywhere. */
export default function KeyHelp({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const rows: [string, string][] = [
    ['N', t.keys.receive],
    ['Ctrl K', t.keys.search],
    ['J', t.keys.nextRow],
    ['K', t.keys.previousRow],
    ['Enter', t.keys.openRow],
    ['Esc', t.keys.close],
    ['?', t.keys.help],
  ];
  return (
    <Dialog label={t.keys.title} onClose={onClose} className="key-help">
      <header className="dialog-head">
        <h2>{t.keys.title}</h2>
        <button type="button" className="plain-button" onClick={onClose} aria-label={t.common.close}>
          <Icon name="close" />
        </button>
      </header>
      <dl>
        {rows.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
