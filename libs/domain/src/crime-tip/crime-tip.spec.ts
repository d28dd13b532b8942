import { describe, expect, it } from '@jest/globals';
import { RELEASED_LAW } from '@app/legal-time-limits';
import {
  givenTip,
  jan,
  LATER,
  onDay,
  signed,
  tip,
  underVerification,
} from '../../../../test/support/given-when-then.js';
import { acceptCrimeTip } from './accept-crime-tip.js';
import { acknowledgeTransfer } from './acknowledge-transfer.js';
import { refusalOfTipAct } from './acts-of-tip.js';
import { assignCrimeTip } from './assign-crime-tip.js';
import { classifyCrimeTip } from './classify-crime-tip.js';
import type { RegisteredCrimeTip } from './crime-tip.js';
import { declineToInitiate } from './decline-to-initiate.js';
import { extendVerification, noteExtensionRefusal } from './extend-verification.js';
import { initiateCriminalCase } from './initiate-criminal-case.js';
import { prolongVerification } from './prolong-verification.js';
import { receiveCrimeTip } from './receive-crime-tip.js';
import { requestExtension } from './request-extension.js';
import { resumeVerification } from './resume-verification.js';
import { sendNotice } from './send-notice.js';
import { suspendVerification } from './suspend-verification.js';
import { transferCrimeTip } from './transfer-crime-tip.js';
import { pressingTerm, runningTerm } from './verification-term.js';

/** Sentences about the law itself are in legal-time-limits; here it is the released one. */
const law = RELEASED_LAW;
const classify = { competent: true, urgent: false, category: 'theft' } as const;
const theft = { article: 173, clause: 1 };
const REQUEST = '0190f3a0-7c1e-7b9a-8f00-00000000000e';

describe('a tip at reception', () => {
  const received = tip.received().data as never;

  it('is taken in whatever it says', () => {
    givenTip()
      .when(receiveCrimeTip, { ...(received as object), now: LATER } as never)
      .then({ type: 'CrimeTipReceived' });
  });

  it('is not received before it has arrived', () => {
    const future = { ...(received as object), receivedAt: onDay(2, 1), now: jan(31) };
    givenTip()
      .when(receiveCrimeTip, future as never)
      .thenRefused('ActInFuture');
  });

  it('is taken although the desk’s clock runs a minute ahead', () => {
    const ahead = {
      ...(received as object),
      receivedAt: '2026-01-05T08:01:00+07:00',
      now: '2026-01-05T08:00:00+07:00',
    };
    givenTip()
      .when(receiveCrimeTip, ahead as never)
      .then({ type: 'CrimeTipReceived' });
  });

  it('is not received twice', () => {
    givenTip(tip.received())
      .when(receiveCrimeTip, { ...(received as object), now: LATER } as never)
      .thenRefused('CrimeTipAlreadyReceived', { registerNumber: '12/2026' });
  });
});

describe('classification', () => {
  it('follows reception', () => {
    givenTip(tip.received())
      .when(classifyCrimeTip, { ...classify, happenedAt: jan(5, 9), now: LATER })
      .then({ type: 'CrimeTipClassified', data: { competent: true, category: 'theft' } });
  });

  it('is never before reception', () => {
    givenTip(tip.received())
      .when(classifyCrimeTip, { ...classify, happenedAt: jan(4), now: LATER })
      .thenRefused('ActBeforeCause', { cause: 'reception', causeAt: jan(5) });
  });

  it('happens once', () => {
    givenTip(tip.received(), tip.classified())
      .when(classifyCrimeTip, { ...classify, happenedAt: jan(6), now: LATER })
      .thenRefused('AlreadyClassified');
  });

  it('is not of a tip that is not in the register', () => {
    givenTip()
      .when(classifyCrimeTip, { ...classify, happenedAt: jan(6), now: LATER })
      .thenRefused('CrimeTipUnknown');
  });
});

describe('transfer', () => {
  const toProvince = { toUnit: 'PC-80', happenedAt: jan(6), now: LATER };
  const receiver = { unitLevel: 'province', unitRemote: false, supervisedBy: 'VKS-80' };

  it('needs competence to be known', () => {
    givenTip(tip.received()).when(transferCrimeTip, toProvince).thenRefused('TransferBeforeClassification');
  });

  it('goes to another body', () => {
    givenTip(tip.received(), tip.classified())
      .when(transferCrimeTip, { ...toProvince, toUnit: 'PC-80-25459' })
      .thenRefused('TransferToSelf');
  });

  it('leaves the sender responsible until the receiver has acknowledged', () => {
    const sent = givenTip(tip.received(), tip.classified()).when(transferCrimeTip, toProvince).after();
    expect(sent).toMatchObject({ status: 'transferred', unitCode: 'PC-80-25459' });
    const there = givenTip(tip.received(), tip.classified(), tip.transferred())
      .when(acknowledgeTransfer, { ...receiver, happenedAt: jan(6), now: LATER })
      .after();
    expect(there).toMatchObject({ status: 'transferred', unitCode: 'PC-80', unitLevel: 'province' });
  });

  it('stops every other act while it is on its way', () => {
    const onItsWay = givenTip(tip.received(), tip.classified(), tip.transferred());
    onItsWay.when(acceptCrimeTip, { happenedAt: jan(6), now: LATER }).thenRefused('TransferUnacknowledged');
    onItsWay.when(transferCrimeTip, { ...toProvince, toUnit: 'PC-79' }).thenRefused('TransferUnacknowledged');
  });

  it('is not acknowledged before it was sent, nor when nothing was sent', () => {
    givenTip(tip.received(), tip.classified(), tip.transferred())
      .when(acknowledgeTransfer, { ...receiver, happenedAt: jan(5, 10), now: LATER })
      .thenRefused('ActBeforeCause', { cause: 'transfer' });
    givenTip(tip.received(), tip.classified())
      .when(acknowledgeTransfer, { ...receiver, happenedAt: jan(6), now: LATER })
      .thenRefused('NothingToAcknowledge');
  });

  it('of an assigned tip lets the assignment lapse (TT 28/2020 Art 18(1))', () => {
    const there = givenTip(...underVerification(), tip.transferred(jan(8), 'PC-79'))
      .when(acknowledgeTransfer, { ...receiver, happenedAt: jan(9), now: LATER })
      .after();
    expect(there).toMatchObject({ unitCode: 'PC-79', acceptedAt: null, assigned: null });
  });
});

describe('acceptance by the competent body', () => {
  it('follows classification', () => {
    givenTip(tip.received())
      .when(acceptCrimeTip, { happenedAt: jan(6), now: LATER })
      .thenRefused('AcceptanceBeforeClassification');
  });

  it('is not by a body that found itself not competent', () => {
    givenTip(tip.received(), tip.classified(jan(5, 10), false))
      .when(acceptCrimeTip, { happenedAt: jan(6), now: LATER })
      .thenRefused('AcceptanceByIncompetentBody');
  });

  it('starts the twenty days: received on Mon 05/01/2026, due on Sun 25/01, at the latest Mon 26/01', () => {
    const accepted = givenTip(tip.received(), tip.classified())
      .when(acceptCrimeTip, { happenedAt: jan(5, 12), now: LATER })
      .after() as RegisteredCrimeTip;
    expect(runningTerm(accepted, law)).toMatchObject({
      rule: 'CPC-147-1',
      safeBy: '2026-01-24',
      due: '2026-01-25',
      latestArguable: '2026-01-26',
    });
  });

  it('happens once', () => {
    givenTip(...underVerification())
      .when(acceptCrimeTip, { happenedAt: jan(9), now: LATER })
      .thenRefused('AlreadyAccepted', { acceptedAt: jan(6) });
  });
});

describe('before acceptance', () => {
  it('the desk is pressed by the 24 hours of classification', () => {
    const received = givenTip(tip.received(jan(5, 14)))
      .when(() => [], {})
      .after() as RegisteredCrimeTip;
    expect(pressingTerm(received, law)).toMatchObject({ rule: 'TTLT17-8-CLASSIFY', due: '2026-01-06T14:00:00+07:00' });
  });

  it('a commune that has classified an ordinary tip is pressed by the seven days', () => {
    const classified = givenTip(tip.received(), tip.classified())
      .when(() => [], {})
      .after() as RegisteredCrimeTip;
    expect(pressingTerm(classified, law)).toMatchObject({ rule: 'TTLT17-8-5B', due: '2026-01-12' });
  });
});

describe('assignment', () => {
  const assign = { investigator: 'dieutravien', happenedAt: jan(8), now: LATER };

  it('follows acceptance', () => {
    givenTip(tip.received(), tip.classified())
      .when(assignCrimeTip, { ...assign, decision: signed('2026-01-08') })
      .thenRefused('NotYetAccepted');
  });

  it('is by a decision signed after acceptance and not in the future', () => {
    const accepted = givenTip(tip.received(), tip.classified(), tip.accepted());
    accepted
      .when(assignCrimeTip, { ...assign, decision: signed('2026-01-05') })
      .thenRefused('DecisionSignedBeforeCause', { signedOn: '2026-01-05', cause: 'acceptance' });
    accepted
      .when(assignCrimeTip, { ...assign, now: jan(8, 9), decision: signed('2026-01-09') })
      .thenRefused('DecisionSignedInFuture');
    accepted.when(assignCrimeTip, { ...assign, decision: signed('2026-01-08') }).then({ type: 'CrimeTipAssigned' });
  });

  it('may change, and restarts nothing (law.md c-11)', () => {
    const reassigned = givenTip(...underVerification())
      .when(assignCrimeTip, { ...assign, investigator: 'khac', happenedAt: jan(15), decision: signed('2026-01-15') })
      .after() as RegisteredCrimeTip;
    expect(runningTerm(reassigned, law)).toMatchObject({ due: '2026-01-26' });
  });
});

describe('prolongation by the head', () => {
  const prolong = { happenedAt: jan(20), now: LATER };

  it('runs to two months in total from receipt, not twenty days more', () => {
    const prolonged = givenTip(...underVerification())
      .when(prolongVerification, { law, ...prolong, decision: signed('2026-01-20') })
      .after() as RegisteredCrimeTip;
    expect(runningTerm(prolonged, law)).toMatchObject({ nominal: '2026-03-06', due: '2026-03-06' });
  });

  it('is not given once the twenty days are over in every reading', () => {
    givenTip(...underVerification())
      .when(prolongVerification, { law, happenedAt: jan(27), now: LATER, decision: signed('2026-01-27') })
      .thenRefused('ProlongationAfterTimeLimit', { latestArguable: '2026-01-26' });
    givenTip(...underVerification())
      .when(prolongVerification, { law, happenedAt: jan(26), now: LATER, decision: signed('2026-01-26') })
      .then({ type: 'VerificationProlonged' });
  });

  it('is given once', () => {
    givenTip(...underVerification(), tip.prolonged())
      .when(prolongVerification, { law, happenedAt: jan(25), now: LATER, decision: signed('2026-01-25') })
      .thenRefused('AlreadyProlonged');
  });

  it('keeps the printed dates and says where they differ from the computed ones', () => {
    const outcome = givenTip(...underVerification()).when(prolongVerification, {
      law,
      ...prolong,
      decision: signed('2026-01-20', { from: '2026-01-26', to: '2026-03-10' }),
    });
    outcome.then(
      { type: 'VerificationProlonged' },
      { type: 'PrintedTermDiffered', data: { printed: { to: '2026-03-10' }, computed: { to: '2026-03-06' } } },
    );
    expect(runningTerm(outcome.after() as RegisteredCrimeTip, law)).toMatchObject({ nominal: '2026-03-10' });
  });

  it('prints no end before its start', () => {
    givenTip(...underVerification())
      .when(prolongVerification, {
        law,
        ...prolong,
        decision: signed('2026-01-20', { from: '2026-03-06', to: '2026-01-26' }),
      })
      .thenRefused('DecisionTermReversed');
  });
});

describe('the procuracy’s one extension', () => {
  const ask = { law, requestId: REQUEST, happenedAt: onDay(2, 25), now: LATER };

  it('follows the head’s prolongation', () => {
    givenTip(...underVerification())
      .when(requestExtension, { ...ask, happenedAt: jan(15) })
      .thenRefused('ExtensionBeforeProlongation');
  });

  it('is asked for while the prolonged term runs, which it names', () => {
    givenTip(...underVerification(), tip.prolonged())
      .when(requestExtension, ask)
      .then({ type: 'ExtensionRequested', data: { termEndsOn: '2026-03-06', supervisedBy: 'VKS-80' } });
  });

  it('is not asked for once the time limit has passed', () => {
    givenTip(...underVerification(), tip.prolonged())
      .when(requestExtension, { ...ask, happenedAt: onDay(3, 7) })
      .thenRefused('ExtensionAfterTimeLimit', { latestArguable: '2026-03-06', askedOn: '2026-03-07' });
  });

  it('is not asked for twice, nor again once granted', () => {
    givenTip(...underVerification(), tip.prolonged(), tip.extensionRequested())
      .when(requestExtension, ask)
      .thenRefused('ExtensionAlreadyRequested');
    givenTip(...underVerification(), tip.prolonged(), tip.extensionRequested(), tip.extended())
      .when(requestExtension, ask)
      .thenRefused('ExtensionAlreadyGranted');
  });

  it('runs two months from the unrolled end of the term before it', () => {
    const extended = givenTip(...underVerification(), tip.prolonged(), tip.extensionRequested())
      .when(extendVerification, { law, requestId: REQUEST, extendedAt: onDay(2, 27), decision: signed('2026-02-27') })
      .after() as RegisteredCrimeTip;
    expect(runningTerm(extended, law)).toMatchObject({ nominal: '2026-05-06' });
  });

  it('is noted once however often it is told', () => {
    givenTip(...underVerification(), tip.prolonged(), tip.extensionRequested(), tip.extended())
      .when(extendVerification, { law, requestId: REQUEST, extendedAt: onDay(2, 27), decision: signed('2026-02-27') })
      .then();
  });

  it('may be refused, and then be asked for again while the term runs', () => {
    const refused = givenTip(...underVerification(), tip.prolonged(), tip.extensionRequested())
      .when(noteExtensionRefusal, { requestId: REQUEST, refusedAt: onDay(2, 26), reason: 'chưa đủ căn cứ' })
      .events();
    givenTip(...underVerification(), tip.prolonged(), tip.extensionRequested(), ...refused)
      .when(requestExtension, { ...ask, happenedAt: onDay(2, 28) })
      .then({ type: 'ExtensionRequested' });
  });
});

describe('suspension and resumption', () => {
  it('stops the clock, and resumption gives a new month, not the remainder', () => {
    const suspended = givenTip(...underVerification())
      .when(suspendVerification, { law, ground: 'a', happenedAt: jan(26), now: LATER, decision: signed('2026-01-26') })
      .after() as RegisteredCrimeTip;
    expect(runningTerm(suspended, law)).toBeNull();
    const resumed = givenTip(...underVerification(), tip.suspended())
      .when(resumeVerification, { happenedAt: onDay(4, 24), now: LATER, decision: signed('2026-04-24') })
      .after() as RegisteredCrimeTip;
    expect(runningTerm(resumed, law)).toMatchObject({ rule: 'CPC-149-1', nominal: '2026-05-24', due: '2026-05-25' });
  });

  it('before the term has expired is recorded and marked, not refused (law.md c-9)', () => {
    givenTip(...underVerification())
      .when(suspendVerification, { law, ground: 'b', happenedAt: jan(15), now: LATER, decision: signed('2026-01-15') })
      .then({ type: 'VerificationSuspended', data: { beforeExpiry: true } });
  });

  it('knows force majeure only since 01/12/2021', () => {
    const old = [
      tip.received('2021-11-01T08:00:00+07:00'),
      tip.classified('2021-11-01T09:00:00+07:00'),
      tip.accepted('2021-11-01T10:00:00+07:00'),
    ];
    const suspend = { ground: 'c', now: LATER } as const;
    givenTip(...old)
      .when(suspendVerification, {
        law,
        ...suspend,
        happenedAt: '2021-11-30T08:00:00+07:00',
        decision: signed('2021-11-30'),
      })
      .thenRefused('GroundNotInForce', { ground: 'c', from: '2021-12-01' });
    givenTip(...old)
      .when(suspendVerification, {
        law,
        ...suspend,
        happenedAt: '2021-12-01T08:00:00+07:00',
        decision: signed('2021-12-01'),
      })
      .then({ type: 'VerificationSuspended' });
  });

  it('ends only by resumption, which needs a suspension', () => {
    givenTip(...underVerification(), tip.suspended())
      .when(declineToInitiate, {
        administrativeReferral: false,
        happenedAt: onDay(4, 1),
        now: LATER,
        decision: signed('2026-04-01'),
      })
      .thenRefused('CrimeTipSuspended');
    givenTip(...underVerification())
      .when(resumeVerification, { happenedAt: onDay(4, 1), now: LATER, decision: signed('2026-04-01') })
      .thenRefused('NotSuspended');
  });

  it('leaves no prolongation after resumption (BLTTHS 149(1))', () => {
    givenTip(...underVerification(), tip.suspended(), tip.resumed())
      .when(prolongVerification, { law, happenedAt: onDay(5, 1), now: LATER, decision: signed('2026-05-01') })
      .thenRefused('ProlongationOfResumedTerm');
  });
});

describe('the decision on a tip', () => {
  const initiate = { caseId: 'c', offence: theft, happenedAt: jan(20), now: LATER, decision: signed('2026-01-20') };

  it('initiates with the class of the offence’s clause', () => {
    givenTip(...underVerification())
      .when(initiateCriminalCase, { ...initiate, offence: { article: 251, clause: 2 } })
      .then({ type: 'CriminalCaseInitiated', data: { class: 'RNT', category: 'theft', unitCode: 'PC-80' } });
  });

  it('initiates without an assignment where the crime is clear (TTLT 01/2017 Art 9(1))', () => {
    givenTip(tip.received(), tip.classified(), tip.accepted())
      .when(initiateCriminalCase, initiate)
      .then({ type: 'CriminalCaseInitiated' });
  });

  it('needs the class of an offence that the table does not hold', () => {
    const unknown = { article: 999, clause: 9 };
    givenTip(...underVerification())
      .when(initiateCriminalCase, { ...initiate, offence: unknown })
      .thenRefused('OffenceClassUnknown', { article: 999, clause: 9 });
    givenTip(...underVerification())
      .when(initiateCriminalCase, { ...initiate, offence: unknown, class: 'NT' })
      .then({ type: 'CriminalCaseInitiated', data: { class: 'NT' } });
  });

  it('is not before the latest act', () => {
    givenTip(...underVerification(), tip.prolonged())
      .when(initiateCriminalCase, { ...initiate, happenedAt: jan(10), decision: signed('2026-01-10') })
      .thenRefused('ActBeforeCause');
  });

  it('closes the tip: nothing follows but notices', () => {
    const closed = givenTip(...underVerification(), tip.declined());
    closed.when(initiateCriminalCase, { ...initiate, happenedAt: jan(21) }).thenRefused('CrimeTipClosed');
    closed.when(transferCrimeTip, { toUnit: 'PC-79', happenedAt: jan(21), now: LATER }).thenRefused('CrimeTipClosed');
    closed
      .when(sendNotice, { notice: 'result', recipient: 'informant', happenedAt: jan(22), now: LATER })
      .then({ type: 'NoticeSent' });
  });

  it('may come late: its lateness is for the clock to say, not a reason to hide it', () => {
    givenTip(...underVerification())
      .when(declineToInitiate, {
        administrativeReferral: true,
        happenedAt: onDay(6, 1),
        now: LATER,
        decision: signed('2026-06-01'),
      })
      .then({ type: 'InitiationDeclined', data: { administrativeReferral: true } });
  });
});

describe('a notice', () => {
  it('follows what it tells of', () => {
    givenTip(tip.received())
      .when(sendNotice, { notice: 'suspension', recipient: 'procuracy', happenedAt: jan(6), now: LATER })
      .thenRefused('NoticeBeforeAct', { notice: 'suspension' });
  });

  it('has nobody to go to when the informant refused identity', () => {
    givenTip(tip.received(jan(5), { informantGiven: false, informantRefusedIdentity: true }))
      .when(sendNotice, { notice: 'receipt', recipient: 'informant', happenedAt: jan(6), now: LATER })
      .thenRefused('InformantNotNotified');
  });
});

describe('the acts that a page offers', () => {
  it('are those that the decisions would take, each refusal with its articles', () => {
    const state = givenTip(...underVerification())
      .when(() => [], {})
      .after();
    expect(refusalOfTipAct('prolong', state, jan(20), law)).toBeNull();
    expect(refusalOfTipAct('accept', state, jan(20), law)).toMatchObject({ code: 'AlreadyAccepted' });
    expect(refusalOfTipAct('request-extension', state, jan(20), law)).toMatchObject({
      code: 'ExtensionBeforeProlongation',
      cites: ['BLTTHS 147(2)', 'TTLT 01/2017 11(2)'],
    });
  });
});
