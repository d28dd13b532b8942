import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query';
import { useMemo } from 'react';
import { useI18n } from '../i18n';
import { get, type Query } from './client';
import { me } from './me';
import type {
  AlertPreferences,
  CalendarDay,
  CaseDetail,
  CaseRow,
  Commune,
  ExtensionRequest,
  HistoryItem,
  ImportRun,
  InboxItem,
  InboxSummary,
  IndicatorMatter,
  List,
  Me,
  Obligation,
  ObligationSummary,
  OffenceEntry,
  RuleEntry,
  TipDetail,
  TipRow,
  Trend,
  Unit,
} from './types';

/** What each screen reads, by name. Everything under one first key is stale together. */
const MINUTE_MS = 60_000;

export const useMe = (enabled = true): UseQueryResult<Me> =>
  useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => me(signal),
    staleTime: Infinity,
    enabled,
  });

/** A list read page by page. `items` holds the pages read so far. */
export function usePages<T>(key: string, path: string, query: Query, enabled = true) {
  const result = useInfiniteQuery({
    queryKey: [key, path, query],
    queryFn: ({ pageParam, signal }) =>
      get<List<T> & { total?: number }>(path, { ...query, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor ?? null,
    placeholderData: keepPreviousData,
    enabled,
  });
  const items = useMemo(() => result.data?.pages.flatMap((page) => page.items) ?? [], [result.data]);
  return { ...result, items, total: result.data?.pages[0]?.total };
}

export const useTips = (query: Query, enabled = true) => usePages<TipRow>('tips', '/api/tips', query, enabled);

export const useTip = (id: string): UseQueryResult<TipDetail> =>
  useQuery({
    queryKey: ['tips', 'one', id],
    queryFn: ({ signal }) => get<TipDetail>(`/api/tips/${id}`, undefined, signal),
  });

export type MatterPath = `/api/tips/${string}` | `/api/cases/${string}`;

export const useHistory = (matter: MatterPath): UseQueryResult<List<HistoryItem>> =>
  useQuery({
    queryKey: ['history', matter],
    queryFn: ({ signal }) => get<List<HistoryItem>>(`${matter}/history`, undefined, signal),
  });

export const useMatterObligations = (matter: MatterPath): UseQueryResult<List<Obligation>> =>
  useQuery({
    queryKey: ['obligations', matter],
    queryFn: ({ signal }) => get<List<Obligation>>(`${matter}/obligations`, undefined, signal),
  });

export const useObligations = (query: Query, enabled = true) =>
  usePages<Obligation>('obligations', '/api/obligations', query, enabled);

export const useObligationSummary = (enabled = true): UseQueryResult<ObligationSummary> =>
  useQuery({
    queryKey: ['obligations', 'summary'],
    queryFn: ({ signal }) => get<ObligationSummary>('/api/obligations/summary', undefined, signal),
    refetchInterval: MINUTE_MS,
    enabled,
  });

export const useExtensionRequests = (state: ExtensionRequest['state'] | null, enabled = true) =>
  usePages<ExtensionRequest>('extension-requests', '/api/extension-requests', { state }, enabled);

export const useCases = (query: Query, enabled = true) => usePages<CaseRow>('cases', '/api/cases', query, enabled);

export const useCase = (id: string): UseQueryResult<CaseDetail> =>
  useQuery({
    queryKey: ['cases', 'one', id],
    queryFn: ({ signal }) => get<CaseDetail>(`/api/cases/${id}`, undefined, signal),
  });

/** Every unit, or those at and below `root`; kept for the session, units change by import only. */
export const useUnits = (root?: string, enabled = true): UseQueryResult<List<Unit>> =>
  useQuery({
    queryKey: ['units', root ?? '*'],
    queryFn: ({ signal }) => get<List<Unit>>('/api/units', { root }, signal),
    staleTime: 10 * MINUTE_MS,
    enabled,
  });

/** Says the name of a unit in the language of the screen; its code where the unit is not known (yet). */
export function useUnitName(): (code: string | null) => string {
  const { language } = useI18n();
  const units = useUnits();
  return useMemo(() => {
    const names = new Map(
      (units.data?.items ?? []).map((unit) => [
        unit.code,
        language === 'vi' ? unit.nameVi : (unit.nameEn ?? unit.nameVi),
      ]),
    );
    return (code) => (code === null ? '' : (names.get(code) ?? code));
  }, [units.data, language]);
}

export const useCommunes = (q: string): UseQueryResult<List<Commune>> =>
  useQuery({
    queryKey: ['communes', q],
    queryFn: ({ signal }) => get<List<Commune>>('/api/communes', { q }, signal),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });

export const useOffences = (q: string): UseQueryResult<List<OffenceEntry>> =>
  useQuery({
    queryKey: ['offences', q],
    queryFn: ({ signal }) => get<List<OffenceEntry>>('/api/offences', { q }, signal),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });

export const useImports = (): UseQueryResult<List<ImportRun>> =>
  useQuery({ queryKey: ['imports'], queryFn: ({ signal }) => get<List<ImportRun>>('/api/imports', undefined, signal) });

/** One import, asked for again every half second while it runs. */
export const useImport = (id: string | null): UseQueryResult<ImportRun> =>
  useQuery({
    queryKey: ['imports', id],
    queryFn: ({ signal }) => get<ImportRun>(`/api/imports/${id}`, undefined, signal),
    enabled: id !== null,
    refetchInterval: (query) =>
      query.state.data === undefined || query.state.data.state === 'queued' || query.state.data.state === 'running'
        ? 500
        : false,
  });

export const useTrend = (unit: string | null): UseQueryResult<Trend> =>
  useQuery({
    queryKey: ['trend', unit],
    queryFn: ({ signal }) => get<Trend>('/api/indicators/trend', { unit, months: 24 }, signal),
    staleTime: 5 * MINUTE_MS,
  });

export const useIndicatorMatters = (id: string, query: Query) =>
  usePages<IndicatorMatter>('indicator-matters', `/api/indicators/${id}/matters`, query);

export const useInbox = (query: Query) => usePages<InboxItem>('inbox', '/api/inbox', query);

export const useInboxSummary = (enabled = true): UseQueryResult<InboxSummary> =>
  useQuery({
    queryKey: ['inbox', 'summary'],
    queryFn: ({ signal }) => get<InboxSummary>('/api/inbox/summary', undefined, signal),
    refetchInterval: MINUTE_MS,
    enabled,
  });

export const useAlertPreferences = (): UseQueryResult<AlertPreferences> =>
  useQuery({
    queryKey: ['alert-preferences'],
    queryFn: ({ signal }) => get<AlertPreferences>('/api/me/alerts', undefined, signal),
  });

export const useCalendarFeed = (): UseQueryResult<{ openedAt: string | null }> =>
  useQuery({
    queryKey: ['calendar-feed'],
    queryFn: ({ signal }) => get<{ openedAt: string | null }>('/api/me/calendar-feed', undefined, signal),
  });

/** The rules that the calculator knows, in force today. */
export const useRules = (): UseQueryResult<List<RuleEntry>> =>
  useQuery({
    queryKey: ['time-limit-rules'],
    queryFn: ({ signal }) => get<List<RuleEntry>>('/api/time-limits/rules', undefined, signal),
    staleTime: Infinity,
  });

/** Which days are off from one day to another. */
export const useCalendarDays = (from: string, to: string): UseQueryResult<List<CalendarDay>> =>
  useQuery({
    queryKey: ['calendar-days', from, to],
    queryFn: ({ signal }) => get<List<CalendarDay>>('/api/time-limits/calendar', { from, to }, signal),
    staleTime: 10 * MINUTE_MS,
    placeholderData: keepPreviousData,
  });

/** Everything that an act may have changed is read anew. */
export function useRefreshAfterAct(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await Promise.all(
      ['tips', 'history', 'obligations', 'extension-requests', 'cases'].map((key) =>
        client.invalidateQueries({ queryKey: [key] }),
      ),
    );
  };
}
