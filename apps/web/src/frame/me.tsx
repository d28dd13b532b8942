import { createContext, useContext } from 'react';
import type { Me, Role } from '../api/types';

/** Who is signed in; given by the frame to every page inside it. */
export const MeContext = createContext<Me | null>(null);

export function useSignedIn(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error('useSignedIn outside the frame');
  return me;
}

export const hasRole = (me: Me, ...roles: readonly Role[]): boolean => roles.some((role) => me.roles.includes(role));
