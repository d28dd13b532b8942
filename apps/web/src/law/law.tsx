import { hasRole, useSignedIn } from '../frame/me';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import { CalendarEditor } from './calendar-editor';
import './law.css';
import { RuleEditor } from './rule-editor';
import { useWords } from './words';

const VIEWS = ['calendar', 'rules'] as const;

/** The calendar of working days and the rules of terms: their versions, and drafts tried before they are published. */
export default function Law() {
  const w = useWords();
  const me = useSignedIn();
  const [query, setQuery] = useQueryState();
  const view = query.get('view') === 'rules' ? 'rules' : 'calendar';
  const mayPublish = hasRole(me, 'operator');
  useTitle(w.title);
  return (
    <div className="page">
      <header className="page-head">
        <h1>{w.title}</h1>
        <p className="page-lead">{w.lead}</p>
      </header>
      <div className="law-views" role="tablist" aria-label={w.title}>
        {VIEWS.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={one === view}
            className="plain-button law-view"
            onClick={() => setQuery({ view: one === 'calendar' ? null : one, q: null }, { push: true })}
          >
            {w[one]}
          </button>
        ))}
      </div>
      {view === 'calendar' ? <CalendarEditor mayPublish={mayPublish} /> : <RuleEditor mayPublish={mayPublish} />}
    </div>
  );
}
