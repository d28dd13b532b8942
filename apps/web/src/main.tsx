import '@fontsource/be-vietnam-pro/vietnamese-400.css';
import '@fontsource/be-vietnam-pro/latin-ext-400.css';
import '@fontsource/be-vietnam-pro/latin-400.css';
import '@fontsource/be-vietnam-pro/vietnamese-600.css';
import '@fontsource/be-vietnam-pro/latin-ext-600.css';
import '@fontsource/be-vietnam-pro/latin-600.css';
import './ui/styles.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, fetchPlace } from './app';
import { now } from './ui/clock';
import { applyTheme } from './ui/theme';
import { modeOf } from './ui/theme-choice';

/** After an update of the server the parts that an open page asks for are gone: it is loaded anew, once a minute at most. */
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem('tinbao.reloaded') ?? 0);
  if (now() - last < 60_000) return;
  event.preventDefault();
  sessionStorage.setItem('tinbao.reloaded', String(now()));
  location.reload();
});

const stored = localStorage.getItem('tinbao.theme');
applyTheme(modeOf(stored === 'light' || stored === 'dark' ? stored : 'system'));

fetchPlace(location.pathname);

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
