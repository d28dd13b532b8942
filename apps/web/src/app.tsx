import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ConfigProvider } from 'antd';
import { lazy, Suspense, useMemo, type ReactNode } from 'react';
import { BrowserRouter, Navigate, Route, Routes } from 'react-router';
import { isProblem } from './api/problem';
import { Frame } from './frame/frame';
import { Guarded } from './frame/guarded';
import { useSignedIn } from './frame/me';
import { placesOf } from './frame/places';
import { I18nProvider } from './i18n';
import { AuthCallback } from './sign-in/auth-callback';
import { SignIn } from './sign-in/sign-in';
import { ErrorBoundary } from './ui/error-boundary';
import { Loading, NotFound } from './ui/states';
import { antTheme } from './ui/theme';
import { useMode } from './ui/theme-choice';

/** Each place is a chunk of its own; charts come with the dashboard only. */
const Desk = lazy(() => import('./desk/desk'));
const Receive = lazy(() => import('./receive/receive'));
const Tips = lazy(() => import('./tips/tips'));
const Tip = lazy(() => import('./tips/tip'));
const Obligations = lazy(() => import('./obligations/obligations'));
const ExtensionRequests = lazy(() => import('./extension-requests/extension-requests'));
const Cases = lazy(() => import('./cases/cases'));
const Case = lazy(() => import('./cases/case'));
const Dashboard = lazy(() => import('./dashboard/dashboard'));
const IndicatorMatters = lazy(() => import('./dashboard/indicator-matters'));
const Imports = lazy(() => import('./imports/imports'));
const Operations = lazy(() => import('./operations/operations'));
const Units = lazy(() => import('./units/units'));
const Inbox = lazy(() => import('./inbox/inbox'));
const Preferences = lazy(() => import('./inbox/preferences'));
const Law = lazy(() => import('./law/law'));
const Calculator = lazy(() => import('./calculator/calculator'));

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
