import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { Link } from 'react-router';
import { post } from '../api/client';
import { isProblem } from '../api/problem';
import type { TipDetail } from '../api/types';
import { useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { notify } from '../ui/notify';
import { draftsOf, onDraftsChanged, removeDraft, saveDraft, type Draft } from './drafts';

/** Sends the tips that wait on this device, each once: the draft's id is the idempotency key, so a repeated attempt makes no second tip. */
const TRY_AGAIN_MS = 10_000;

let waiting: readonly Draft[] = [];
const listeners = new Set<() => void>();
const underWay = new Map<string, Promise<TipDetail>>();

/** The waiting and the refused drafts of this device, as the screens show them. */
export const useWaiting = (): readonly Draft[] =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => waiting,
  );

/**
 * Sends a draft whose body is fixed, and forgets it when the server has it. The draft is stored before the first attempt, so closing the browser loses nothing.
 * @throws Problem; an offline one leaves the draft waiting
 */
export function sendDraft(draft: Draft): Promise<TipDetail> {
  const running = underWay.get(draft.id);
  if (running !== undefined) return running;
  const attempt = post<TipDetail>('/api/tips', draft.body, { intentKey: draft.id })
    .then(async (tip) => {
      await removeDraft(draft.id);
      return tip;
    })
    .finally(() => underWay.delete(draft.id));
  underWay.set(draft.id, attempt);
  return attempt;
}

/** Problems after which the same tip may be sent again as it is. */
export const isPassing = (error: unknown): boolean =>
  isProblem(error) &&
  (error.kind === 'offline' || error.kind === 'broken' || error.kind === 'signed-out' || error.status === 429);

export function Outbox() {
  const { id: userId } = useSignedIn();
  const { t } = useI18n();
  const client = useQueryClient();

  const read = useCallback(async () => {
    waiting = (await draftsOf(userId)).filter((draft) => draft.state !== 'draft');
    for (const listener of listeners) listener();
  }, [userId]);

  const trySending = useCallback(async () => {
    for (const draft of waiting.filter(({ state, id }) => state === 'waiting' && !underWay.has(id))) {
      try {
        const tip = await sendDraft(draft);
        notify(<Link to={`/tips/${tip.id}`}>{t.receive.sentLater(tip.registerNumber)}</Link>);
        await client.invalidateQueries({ queryKey: ['tips'] });
      } catch (error) {
        if (isPassing(error)) return;
        await saveDraft({ ...draft, state: 'refused' });
        notify(<Link to={`/receive?draft=${draft.id}`}>{t.receive.refusedLater}</Link>);
      }
    }
  }, [client, t]);

  useEffect(() => {
    void read().then(trySending);
    const stop = onDraftsChanged(() => void read());
    const again = setInterval(() => void trySending(), TRY_AGAIN_MS);
    const online = (): void => void trySending();
    window.addEventListener('online', online);
    return () => {
      stop();
      clearInterval(again);
      window.removeEventListener('online', online);
    };
  }, [read, trySending]);

  return null;
}
