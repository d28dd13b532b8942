import { useI18n } from '../i18n';

/** Vietnamese or English, both always in sight, each in its own language. */
export function LanguageSwitch() {
  const { language, choose, t } = useI18n();
  return (
    <div className="language" role="group" aria-label={t.bar.language}>
      <button type="button" lang="vi" aria-pressed={language === 'vi'} onClick={() => choose('vi')} title="Tiếng Việt">
        VI
      </button>
      <button type="button" lang="en" aria-pressed={language === 'en'} onClick={() => choose('en')} title="English">
        EN
      </button>
    </div>
  );
}
