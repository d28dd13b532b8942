import type { ReactNode } from 'react';
import { NoRight } from '../ui/states';
import { hasRole, useSignedIn } from './me';
import { rolesOfPage } from './places';

/** Shows a page to those whose work it is, and says to the others whose it is. The server decides again on every request. */
export function Guarded({ page, children }: { page: string; children: ReactNode }) {
  const me = useSignedIn();
  const roles = rolesOfPage[page] ?? [];
  return roles.length === 0 || hasRole(me, ...roles) ? children : <NoRight roles={roles} />;
}
