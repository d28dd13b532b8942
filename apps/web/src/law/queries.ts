import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, newIntentKey, post, send } from '../api/client';
import type { List } from '../api/types';
import type { CalendarDraft, CalendarVersion, Move, Preview, RuleDraft, RuleVersions, YearSchedule } from './types';

const RUNNING_MS = 1_000;

export const useYearSchedule = (year: number) =>
  useQuery({
    queryKey: ['law', 'year', year],
    queryFn: ({ signal }) => get<YearSchedule>(`/api/calendar-versions/years/${year}`, undefined, signal),
  });

/** The versions of the calendar; asked again each second while one of them is being carried out. */
export const useCalendarVersions = () =>
  useQuery({
    queryKey: ['law', 'calendars'],
    queryFn: ({ signal }) => get<List<CalendarVersion>>('/api/calendar-versions', { limit: 50 }, signal),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ recompute }) => recompute !== null && recompute.finishedAt === null)
        ? RUNNING_MS
        : false,
  });

/** The rules with all their rows; asked again each second while a publication is being carried out. */
export const useRuleVersions = () =>
  useQuery({
    queryKey: ['law', 'rules'],
    queryFn: ({ signal }) => get<List<RuleVersions> & { basedOn: number }>('/api/rule-versions', undefined, signal),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ rows }) => rows.some(({ published }) => published?.recompute?.finishedAt === null))
        ? RUNNING_MS
        : false,
  });

export type Draft = CalendarDraft | RuleDraft;

/** `/api/calendar-versions` or `/api/rule-versions`. */
export const pathOf = (draft: Draft): string => ('rule' in draft ? '/api/rule-versions' : '/api/calendar-versions');

export const usePreview = () =>
  useMutation({
    mutationFn: (draft: Draft) => post<Preview>(`${pathOf(draft)}/preview`, draft, { intentKey: newIntentKey() }),
  });

/** The terms behind a preview, page by page. */
export const useMoves = (draft: Draft, enabled: boolean) =>
  useInfiniteQuery({
    queryKey: ['law', 'moves', draft],
    queryFn: ({ pageParam }) =>
      post<List<Move>>(
        `${pathOf(draft)}/preview/moves?limit=50${pageParam === null ? '' : `&cursor=${encodeURIComponent(pageParam)}`}`,
        draft,
        { intentKey: newIntentKey() },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor ?? null,
    enabled,
  });

export interface Publication {
  draft: Draft;
  reason: string;
  basedOn: number;
  confirmedMoves: number;
  intentKey: string;
}

export const usePublish = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ draft, intentKey, ...stated }: Publication) =>
      post<{ lawNumber: number; queued: number }>(pathOf(draft), { ...draft, ...stated }, { intentKey }),
    onSuccess: () => client.invalidateQueries(),
  });
};

/** Hands the whole list to the browser as a file. */
export async function downloadMoves(draft: Draft, name: string): Promise<void> {
  const response = await send(`${pathOf(draft)}/preview/moves.csv`, {
    method: 'POST',
    headers: { accept: '*/*', 'content-type': 'application/json' },
    body: JSON.stringify(draft),
  });
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
