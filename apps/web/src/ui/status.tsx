import type { CaseStatus, TipRow, TipStatus } from '../api/types';
import { useI18n } from '../i18n';
import { Icon, type IconName } from './icon';

/** The state of a matter in the statute's words, with an icon; never colour alone. */
const tipLook: Record<TipStatus, { look: string; icon: IconName | null }> = {
  received: { look: 'tag-act', icon: 'receive' },
  classified: { look: 'tag-act', icon: null },
  transferred: { look: 'tag-wait', icon: 'send' },
  accepted: { look: 'tag-act', icon: null },
  assigned: { look: '', icon: null },
  suspended: { look: 'tag-suspended', icon: 'pause' },
  initiated: { look: 'tag-done', icon: 'check' },
  not_initiated: { look: 'tag-done', icon: 'check' },
  merged: { look: '', icon: 'link' },
};

export function TipStatusTag({ status }: { status: TipStatus }) {
  const { t } = useI18n();
  const { look, icon } = tipLook[status] ?? { look: '', icon: null };
  return (
    <span className={`tag ${look}`} data-status={status}>
      {icon === null ? null : <Icon name={icon} />}
      {t.tip.statuses[status] ?? status}
    </span>
  );
}

const caseLook: Partial<Record<CaseStatus, { look: string; icon: IconName | null }>> = {
  investigation_suspended: { look: 'tag-suspended', icon: 'pause' },
  suspended: { look: 'tag-suspended', icon: 'pause' },
  prosecuting: { look: 'tag-act', icon: null },
  concluded: { look: 'tag-act', icon: null },
  returned: { look: 'tag-wait', icon: null },
  prosecuted: { look: 'tag-done', icon: 'check' },
  in_court: { look: 'tag-done', icon: 'check' },
  judged: { look: 'tag-done', icon: 'check' },
  discontinued: { look: 'tag-done', icon: 'check' },
};

export function CaseStatusTag({ status }: { status: CaseStatus }) {
  const { t } = useI18n();
  const { look, icon } = caseLook[status] ?? { look: '', icon: null };
  return (
    <span className={`tag ${look}`} data-status={status}>
      {icon === null ? null : <Icon name={icon} />}
      {t.cases.statuses[status] ?? status}
    </span>
  );
}

export function UrgentTag({ tip }: { tip: Pick<TipRow, 'urgent'> }) {
  const { t } = useI18n();
  if (tip.urgent !== true) return null;
  return (
    <span className="tag tag-urgent" title={t.tip.urgentLong}>
      <Icon name="warn" />
      {t.tip.urgent}
    </span>
  );
}
