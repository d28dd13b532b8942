import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import type { ExtensionGranted, ExtensionRefused } from '@app/contracts';
import { extendVerification, noteExtensionRefusal } from '@app/domain';
import type { CrimeTip, CrimeTipEvent } from '@app/domain';
import type { NewEvent } from '@app/event-store';
import { APPENDS_EVENTS, type Consumer, type DeliveredEvent } from '@app/messaging';
import type { PublishedLaw } from '@app/law-book';
import { lawBefore } from '@app/legal-time-limits';
import type { LawHistory } from '@app/legal-time-limits';
import type { ServiceContext } from '@app/service';
import { CRIME_TIP } from '../crime-tip-streams.js';

/**
 * The procuracy's decision on an extension request reaches the tip. The idempotency key is the causing event, so a
 * repeated delivery writes nothing.
 */
export function extendVerificationWhenExtensionGranted(context: ServiceContext, law: PublishedLaw): Consumer {
  return {
    name: 'intake.extend-verification-when-extension-granted',
    topics: [TOPIC_NAMES.extensionRequests],
    rebuild: APPENDS_EVENTS,
    async handle(batch) {
      const history = await law.history(context.pool);
      for (const event of batch) {
        const react = reactionTo(event, history);
        if (react) await change(context, event, react);
      }
    },
  };
}

type Reaction = (tip: CrimeTip) => CrimeTipEvent[];

function reactionTo(event: DeliveredEvent, history: LawHistory): Reaction | null {
  if (event.type === 'ExtensionGranted') {
    const { requestId, grantedAt, from, to, decision } = event.data as unknown as ExtensionGranted;
    const printed = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const law = lawBefore(history, grantedAt);
    return (tip) => extendVerification(tip, { requestId, extendedAt: grantedAt, ...printed, decision, law });
  }
  if (event.type === 'ExtensionRefused') {
    const { requestId, refusedAt, reason } = event.data as unknown as ExtensionRefused;
    return (tip) => noteExtensionRefusal(tip, { requestId, refusedAt, reason });
  }
  return null;
}

async function change(context: ServiceContext, event: DeliveredEvent, react: Reaction): Promise<void> {
  const { tipId } = event.data as unknown as ExtensionGranted;
  await context.store.change(`${STREAMS.crimeTip}${tipId}`, CRIME_TIP, (tip) => react(tip) as unknown as NewEvent[], {
    actor: event.meta.actor,
    happenedAt: event.meta.happenedAt,
    correlationId: event.meta.correlationId,
    causationId: event.id,
    source: 'reaction',
    idempotency: { key: `caused-by:${event.id}`, fingerprint: event.id },
  });
}
