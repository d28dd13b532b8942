import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Course } from '../support/course.js';
import { decisionOn, eventually, hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

describe('a tip on its way from the desk to the decision to prosecute', () => {
  let system: TestSystem;
  let course: Course;
  const now = Date.now();
  const at = (hours: number) => hoursAgo(hours, now);
  const informant = { name: 'Nguyễn Thị Kín Đáo', phone: '0909123456' };

  const act = (client: string, path: string, body: unknown) => system.call(client, 'POST', path, body);

  beforeAll(async () => {
    system = await startSystem();
    course = new Course(system, at);
    const done = await importFiles(system, { 'units.csv': UNITS_CSV });
    expect(done).toMatchObject({ state: 'done', files: [{ kind: 'units', accepted: 8, rejected: 0 }] });
  }, 60_000);

  afterAll(() => system?.stop());

  it('is ready once its readers run', async () => {
    const answer = await system.call(null, 'GET', '/health/ready');
    expect(answer).toMatchObject({ status: 200 });
  });

  it('is received with the first register number of the unit and year', async () => {
    const answer = await course.receive({ informant });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/tips/${answer.body.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.body).toMatchObject({ status: 'received', registerNumber: `1/${at(200).slice(0, 4)}` });
  });

  it('gives the same answer to the same key, and refuses the key for another tip', async () => {
    const { tipId } = course;
    const again = await course.receive({ informant });
    expect(again).toMatchObject({ status: 201, body: { id: tipId } });
    const other = await system.call('desk', 'POST', '/api/tips', tipBody(at(100)), { 'idempotency-key': 'course-1' });
    expect(other).toMatchObject({ status: 422, body: { code: 'IdempotencyKeyReused' } });
  });

  it('owes its classification within 24 hours, with the article and the reason', async () => {
    const { items } = (await system.call('desk', 'GET', `/api/tips/${course.tipId}/obligations`)).body;
    const classify = items.find((item: { rule: string }) => item.rule === 'TTLT17-8-CLASSIFY');
    expect(classify).toMatchObject({ status: 'breached' });
    expect(classify.why.at(-1)).toMatchObject({ vi: expect.any(String), en: expect.any(String) });
  });

  it('is classified, transferred, and the sender waits for the acknowledgement', async () => {
    await course.classify();
    const sent = await course.transfer();
    expect(sent).toMatchObject({
      status: 'transferred',
      transferredTo: 'PC-80',
      transferAcknowledgedAt: null,
      unitCode: 'PC-80-25459',
    });
  });

  it('is not accepted while the transfer is on its way', async () => {
    const answer = await act('investigator', `/api/tips/${course.tipId}/accept`, { happenedAt: at(188) });
    expect(answer).toMatchObject({ status: 409, body: { code: 'TransferUnacknowledged' } });
  });

  it('is acknowledged, accepted, assigned and prolonged by the provincial police', async () => {
    const answer = await course.takeOn();
    expect(answer.term).toMatchObject({ rule: 'CPC-147-1' });
  });

  it('is refused an act before its cause, with the moments named', async () => {
    const answer = await act('investigator', `/api/tips/${course.tipId}/request-extension`, { happenedAt: at(150) });
    expect(answer).toMatchObject({ status: 409, body: { code: 'ActBeforeCause', facts: { cause: 'prolongation' } } });
  });

  it('is extended once by the procuracy, and the tip takes note', async () => {
    const request = await course.requestExtension();
    expect(request).toMatchObject({ tipId: course.tipId, unitCode: 'PC-80', supervisedBy: 'VKS-80' });
    expect(await course.grantExtension(request.id)).toMatchObject({ state: 'granted' });
    const second = await act('prosecutor', `/api/extension-requests/${request.id}/grant`, {
      happenedAt: at(79),
      decision: decisionOn(at(79)),
    });
    expect(second).toMatchObject({ status: 409, body: { code: 'ExtensionRequestDecided' } });
  });

  it('is not for the desk to decide', async () => {
    const answer = await act('desk', `/api/tips/${course.tipId}/initiate`, {
      happenedAt: at(70),
      offence: { article: 173, clause: 2 },
      decision: decisionOn(at(70)),
    });
    expect(answer.status).toBe(403);
  });

  it('opens its case when prosecution is initiated', async () => {
    const initiated = await course.initiate();
    expect(initiated).toMatchObject({ status: 'initiated', outcome: 'initiated', term: null });
    expect(await course.openedCase()).toMatchObject({
      tipId: course.tipId,
      class: 'NT',
      status: 'investigating',
      supervisedBy: 'VKS-80',
    });
  });

  it('takes no further act on the tip', async () => {
    const answer = await act('investigator', `/api/tips/${course.tipId}/suspend`, {
      happenedAt: at(60),
      ground: 'a',
      decision: decisionOn(at(60)),
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'CrimeTipClosed', cites: ['BLTTHS 147(1)'] } });
  });

  it('goes through conclusion and file to the decision to prosecute', async () => {
    const early = await act('prosecutor', `/api/cases/${course.caseId}/receive-file`, {
      happenedAt: at(60),
      complete: true,
      conclusionDelivered: true,
    });
    expect(early).toMatchObject({ status: 409, body: { code: 'FileBeforeConclusion' } });
    await course.concludeInvestigation();
    const { incomplete, complete } = await course.receiveFile();
    expect(incomplete).toMatchObject({ status: 'concluded', term: null });
    expect(complete).toMatchObject({ status: 'prosecuting', term: { rule: 'CPC-240-1' } });
    expect(await course.decideProsecution()).toMatchObject({ status: 'prosecuted', decision: 'prosecute' });
  });

  it('shows every step in its history, without the sealed text', async () => {
    const { items } = (await system.call('leader', 'GET', `/api/tips/${course.tipId}/history`)).body;
    expect(items.map((item: { type: string }) => item.type)).toEqual([
      'CrimeTipReceived',
      'CrimeTipClassified',
      'CrimeTipTransferred',
      'CrimeTipTransferAcknowledged',
      'CrimeTipAccepted',
      'CrimeTipAssigned',
      'VerificationProlonged',
      'ExtensionRequested',
      'VerificationExtended',
      'CriminalCaseInitiated',
    ]);
    expect(items[0].data.content).toBeUndefined();
  });

  it('moves the leader’s figures', async () => {
    const day = at(200).slice(0, 10);
    const figures = await eventually(
      () => system.call('leader', 'GET', `/api/indicators?from=${day}&to=${at(0).slice(0, 10)}&unit=PC-80`),
      ({ body }) => body.indicators?.find((one: { id: string }) => one.id === 'R2')?.numerator === 1,
    );
    const byId = Object.fromEntries(figures.body.indicators.map((one: { id: string }) => [one.id, one]));
    expect(byId['R2']).toMatchObject({ numerator: 1, denominator: 1, value: 100, met: true });
    expect(byId['R2i']).toMatchObject({ numerator: 1, denominator: 1 });
    expect(byId['R4']).toMatchObject({ numerator: 1, denominator: 1, value: 100 });
  });
});
