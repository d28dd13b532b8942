import { askMeEarly } from './api/me';
import { hasSession } from './api/session';

// A small part of its own that the page runs while the application is still on its way: where this tab has a session, two
// answers that every screen waits for are asked for beside the scripts, not after them.
if (hasSession() && !location.pathname.startsWith('/auth/')) askMeEarly();
