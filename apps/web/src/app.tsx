import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ConfigProvider } from 'antd';
import { lazy, Suspense, useMemo, type ComponentType, type ReactNode } from 'react';
import { BrowserRouter, Navigate, Route, Routes } from 'react-router';
import { isProblem } from './api/problem';
import { Frame } from './frame/frame';
import { Guarded } from './frame/guarded';
import { useSignedIn } from './frame/me';
import { placesOf } from './frame/places';
import { I18nProvider } from './i18n';
import { placeOf, type PlaceName } from './place-of-path';
import { AuthCallback } from './sign-in/auth-callback';
import { SignIn } from './sign-in/sign-in';
import { ErrorBoundary } from './ui/error-boundary';
import { Loading, NotFound } from './ui/states';
import { antTheme } from './ui/theme';
import { useMode } from './ui/theme-choice';

/** Each place is a chunk of its own; charts come with the dashboard only. */
const chunks: Record<PlaceName, () => Promise<{ default: ComponentType }>> = {
  desk: () => import('./desk/desk'),
  receive: () => import('./receive/receive'),
  tips: () => import('./tips/tips'),
  tip: () => import('./tips/tip'),
  obligations: () => import('./obligations/obligations'),
  requests: () => import('./extension-requests/extension-requests'),
  cases: () => import('./cases/cases'),
  case: () => import('./cases/case'),
  dashboard: () => import('./dashboard/dashboard'),
  indicators: () => import('./dashboard/indicator-matters'),
  imports: () => import('./imports/imports'),
  operations: () => import('./operations/operations'),
  units: () => import('./units/units'),
  inbox: () => import('./inbox/inbox'),
  preferences: () => import('./inbox/preferences'),
  law: () => import('./law/law'),
  calculator: () => import('./calculator/calculator'),
};

const Desk = lazy(chunks.desk);
const Receive = lazy(chunks.receive);
const Tips = lazy(chunks.tips);
const Tip = lazy(chunks.tip);
const Obligations = lazy(chunks.obligations);
const ExtensionRequests = lazy(chunks.requests);
const Cases = lazy(chunks.cases);
const Case = lazy(chunks.case);
const Dashboard = lazy(chunks.dashboard);
const IndicatorMatters = lazy(chunks.indicators);
const Imports = lazy(chunks.imports);
const Operations = lazy(chunks.operations);
const Units = lazy(chunks.units);
const Inbox = lazy(chunks.inbox);
const Preferences = lazy(chunks.preferences);
const Law = lazy(chunks.law);
const Calculator = lazy(chunks.calculator);

/** The place that the address names is fetched while the session is renewed, not after it: on a slow line that is seconds. */
export function fetchPlace(path: string): void {
  const name = placeOf(path);
  // A chunk that does not come is asked for again, and told, by the place itself.
  if (name !== undefined) chunks[name]().catch(() => undefined);
}

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal does not change by asking again; a line that is down may.
      retry: (count, error) =>
        isProblem(error) && error.kind !== 'offline' && error.kind !== 'broken' ? false : count < 2,
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

function Home() {
  const me = useSignedIn();
  return <Navigate to={placesOf(me.roles)[0]?.path ?? '/calculator'} replace />;
}

const page = (element: ReactNode, name?: string): ReactNode => (
  <ErrorBoundary>
    <Suspense fallback={<Loading />}>
      {name === undefined ? element : <Guarded page={name}>{element}</Guarded>}
    </Suspense>
  </ErrorBoundary>
);

function Themed({ children }: { children: ReactNode }) {
  const mode = useMode();
  const theme = useMemo(() => antTheme(mode), [mode]);
  return (
    <ConfigProvider theme={theme} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
      {children}
    </ConfigProvider>
  );
}

export function App() {
  return (
    <I18nProvider>
      <Themed>
        <QueryClientProvider client={client}>
          <BrowserRouter>
            <Routes>
              <Route path="/sign-in" element={<SignIn />} />
              <Route path="/auth/callback" element={<AuthCallback />} />
              <Route element={<Frame />}>
                <Route index element={<Home />} />
                <Route path="/desk" element={page(<Desk />, 'desk')} />
                <Route path="/receive" element={page(<Receive />, 'receive')} />
                <Route path="/tips" element={page(<Tips />)} />
                <Route path="/tips/:id" element={page(<Tip />)} />
                <Route path="/obligations" element={page(<Obligations />)} />
                <Route path="/extension-requests" element={page(<ExtensionRequests />, 'extensions')} />
                <Route path="/cases" element={page(<Cases />)} />
                <Route path="/cases/:id" element={page(<Case />)} />
                <Route path="/dashboard" element={page(<Dashboard />, 'dashboard')} />
                <Route path="/indicators/:id/matters" element={page(<IndicatorMatters />, 'dashboard')} />
                <Route path="/imports" element={page(<Imports />, 'imports')} />
                <Route path="/operations" element={page(<Operations />, 'operations')} />
                <Route path="/units" element={page(<Units />)} />
                <Route path="/inbox" element={page(<Inbox />, 'inbox')} />
                <Route path="/inbox/preferences" element={page(<Preferences />, 'inbox')} />
                <Route path="/law" element={page(<Law />)} />
                <Route path="/calculator" element={page(<Calculator />)} />
                <Route path="*" element={<NotFound />} />
              </Route>
            </Routes>
          </BrowserRouter>
        </QueryClientProvider>
      </Themed>
    </I18nProvider>
  );
}
