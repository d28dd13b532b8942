import { Button } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Link, NavLink, Outlet, useLocation, useNavigate } from 'react-router';
import { beginSignIn, hasLostSession, hasSession, isKnownDevice, onSessionLost, signOut } from '../api/session';
import { useExtensionRequests, useInboxSummary, useMe, useObligationSummary, useUnits } from '../api/queries';
import { useI18n } from '../i18n';
import { Outbox } from '../receive/outbox';
import { Icon, Mark } from '../ui/icon';
import { NewsStand } from '../ui/notify';
import { Pop } from '../ui/pop';
import { LoadProblem } from '../ui/states';
import { chooseTheme, useThemeChoice } from '../ui/theme-choice';
import { useOnline } from '../ui/use-online';
import { useKey } from './keys';
import { LanguageSwitch } from './language-switch';
import { hasRole, MeContext } from './me';
import { placesOf, rolesOfPage, type Place } from './places';
import { useScrollMemory } from './scroll-memory';

const SearchBox = lazy(() => import('./search-box'));
const KeyHelp = lazy(() => import('./key-help'));

/** Everything around a page: rail of places, top bar, news, and the session. */
export function Frame() {
  const { t } = useI18n();
  const location = useLocation();
  const navigate = useNavigate();
  const signedIn = hasSession();
  const me = useMe(signedIn);
  const here = location.pathname + location.search;

  // It may have ended before this was here: the token is renewed while the application is on its way.
  const hadEnded = useSyncExternalStore(onSessionLost, hasLostSession);
  useEffect(() => {
    if (signedIn) return;
    const toDoor = (): void =>
      void navigate(`/sign-in?${new URLSearchParams({ to: here, ...(hadEnded ? { ended: '1' } : {}) })}`, {
        replace: true,
      });
    // Where somebody is signed in on this device (a new tab, a lost token) the issuer is asked without showing a page.
    if (isKnownDevice()) beginSignIn(here, { silent: true, hadEnded }).catch(toDoor);
    else toDoor();
  }, [signedIn, hadEnded, here, navigate]);
  useScrollMemory();

  if (!signedIn) return null;
  if (me.isError) {
    return (
      <main className="door" id="main">
        <LoadProblem error={me.error} retry={() => void me.refetch()} />
      </main>
    );
  }
  if (me.data === undefined) return null;
  return (
    <MeContext.Provider value={me.data}>
      <div className={`frame${me.data.evaluation ? ' frame-demo' : ''}`}>
        <a className="skip" href="#main">
          {t.common.skip}
        </a>
        {me.data.evaluation ? (
          <aside className="ribbon" aria-label={t.app.demo} data-testid="demo-ribbon">
            {t.app.demo}
          </aside>
        ) : null}
        <Rail />
        <Bar />
        <main id="main" tabIndex={-1} className="main">
          <Outlet />
        </main>
        <NewsStand />
      </div>
      <Outbox />
    </MeContext.Provider>
  );
}

function useCount(place: Place, isProsecutor: boolean): number {
  const summary = useObligationSummary(place.count === 'obligations');
  const requests = useExtensionRequests('requested', place.count === 'extensions' && isProsecutor);
  if (place.count === 'obligations') return (summary.data?.overdue ?? 0) + (summary.data?.dueToday ?? 0);
  return place.count === 'extensions' ? requests.items.length : 0;
}

function RailPlace({ place, isProsecutor }: { place: Place; isProsecutor: boolean }) {
  const { t } = useI18n();
  const count = useCount(place, isProsecutor);
  return (
    <li>
      <NavLink to={place.path} className="rail-place" data-testid={`place-${place.path.slice(1)}`}>
        <Icon name={place.icon} />
        <span className="rail-word">{t.places[place.word] as string}</span>
        {count === 0 ? null : (
          <span className="rail-count" aria-label={t.places.counted(count)}>
            {count > 999 ? '999+' : count}
          </span>
        )}
      </NavLink>
    </li>
  );
}

function Rail() {
  const { t } = useI18n();
  const me = useMe().data;
  if (me === undefined) return null;
  return (
    <nav className="rail" aria-label={t.places.main}>
      <div className="rail-inner">
        <Link to="/" className="rail-brand" aria-label={t.app.name}>
          <Mark />
          <span>{t.app.name}</span>
        </Link>
        <ul>
          {placesOf(me.roles).map((place) => (
            <RailPlace key={place.path} place={place} isProsecutor={hasRole(me, 'prosecutor')} />
          ))}
        </ul>
      </div>
    </nav>
  );
}

/** The bell with how much is unread, asked for once a minute. */
function InboxLink() {
  const { t } = useI18n();
  const { unread = 0, more = false } = useInboxSummary().data ?? {};
  const label = unread === 0 ? t.inbox.title : `${t.inbox.title}: ${t.inbox.unread(unread, more)}`;
  return (
    <Link to="/inbox" className="bar-inbox" aria-label={label} title={label} data-testid="open-inbox">
      <Icon name="bell" />
      {unread === 0 ? null : <span className="bar-inbox-count">{unread > 99 ? '99+' : unread}</span>}
    </Link>
  );
}

function Bar() {
  const { t, language } = useI18n();
  const me = useMe().data!;
  const navigate = useNavigate();
  const online = useOnline();
  const theme = useThemeChoice();
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  const root = me.units[0];
  const everywhere = root === undefined || root === '*';
  const units = useUnits(me.units.length > 1 ? undefined : root, !everywhere);
  const names = everywhere
    ? t.bar.allUnits
    : me.units
        .map((code) => {
          const unit = units.data?.items.find((item) => item.code === code);
          return unit === undefined ? code : language === 'vi' ? unit.nameVi : (unit.nameEn ?? unit.nameVi);
        })
        .join(' · ');
  const mayReceive = hasRole(me, 'intake_officer');
  const openReceive = useCallback(() => {
    if (mayReceive) void navigate('/receive');
  }, [mayReceive, navigate]);
  useKey('n', openReceive);
  useKey(
    'k',
    useCallback(() => setSearching(true), []),
    { ctrl: true },
  );
  useKey(
    '?',
    useCallback(() => setHelping(true), []),
  );

  return (
    <header className="bar">
      <p className="bar-unit" title={names}>
        {names}
      </p>
      <button
        type="button"
        className="bar-search"
        onClick={() => setSearching(true)}
        aria-label={t.bar.search}
        aria-keyshortcuts="Control+K"
        data-testid="open-search"
      >
        <Icon name="search" />
        <span>{t.bar.search}</span>
        <kbd data-keys={t.bar.searchKeys} />
      </button>
      <span className={online ? 'bar-line' : 'bar-line bar-offline'} role="status">
        <Icon name={online ? 'dot' : 'offline'} /> <span>{online ? t.bar.online : t.bar.offline}</span>
      </span>
      {mayReceive ? (
        <Button
          type="primary"
          className="bar-receive"
          onClick={openReceive}
          aria-label={t.bar.receive}
          aria-keyshortcuts="N"
          data-testid="receive"
        >
          <Icon name="receive" />
          <span>{t.bar.receive}</span>
          <kbd data-keys="N" />
        </Button>
      ) : null}
      {hasRole(me, ...(rolesOfPage['inbox'] ?? [])) ? <InboxLink /> : null}
      <LanguageSwitch />
      <Pop
        label={`${t.bar.account}: ${me.name}`}
        buttonClass="bar-account"
        align="end"
        role="menu"
        testId="account"
        button={
          <>
            <Icon name="account" />
            <span>{me.name}</span>
            <Icon name="chevronDown" />
          </>
        }
      >
        {(close) => (
          <div className="menu">
            <p className="menu-head">
              <strong>{me.name}</strong>
              <span className="quiet">{me.roles.map((role) => t.roles[role]).join(', ')}</span>
            </p>
            <p className="menu-group">{t.bar.theme}</p>
            {(['system', 'light', 'dark'] as const).map((choice) => (
              <button
                key={choice}
                type="button"
                role="menuitemradio"
                aria-checked={theme === choice}
                onClick={() => chooseTheme(choice)}
              >
                {t.bar[choice]}
                {theme === choice ? <Icon name="check" /> : null}
              </button>
            ))}
            <hr />
            <button
              type="button"
              role="menuitem"
              onClick={() => {
                close();
                setHelping(true);
              }}
            >
              {t.bar.keys} <kbd>?</kbd>
            </button>
            <button type="button" role="menuitem" onClick={() => void signOut()} data-testid="sign-out">
              {t.bar.signOut}
            </button>
          </div>
        )}
      </Pop>
      <Suspense fallback={null}>
        {searching ? <SearchBox onClose={() => setSearching(false)} /> : null}
        {helping ? <KeyHelp onClose={() => setHelping(false)} /> : null}
      </Suspense>
    </header>
  );
}
