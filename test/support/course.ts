import { decisionOn, eventually, tipBody } from './journey.js';
import type { Answer, SystemClient } from './system.js';

/**
 * One tip on its way from the desk to the decision to prosecute, step by step over HTTP: the same acts at the same
 * legal moments on any system. `at` gives the moment some hours before the end of the course.
 */
export class Course {
  tipId = '';
  caseId = '';

  constructor(
    private readonly system: SystemClient,
    private readonly at: (hours: number) => string,
  ) {}

  /** The desk takes the tip in; the same request again is the same tip. */
  async receive(more: Record<string, unknown> = {}): Promise<Answer> {
    const body = tipBody(this.at(200), more);
    const answer = await this.system.call('desk', 'POST', '/api/tips', body, { 'idempotency-key': 'course-1' });
    if (answer.status === 201) this.tipId = answer.body.id;
    return answer;
  }

  async classify(): Promise<Answer['body']> {
    return this.onTip('desk', 'classify', {
      happenedAt: this.at(190),
      competent: false,
      urgent: false,
      category: 'theft',
      offence: { article: 173, clause: 2 },
    });
  }

  async transfer(): Promise<Answer['body']> {
    return this.onTip('desk', 'transfer', {
      happenedAt: this.at(189),
      toUnit: 'PC-80',
      reason: 'vượt thẩm quyền',
    });
  }

  /** The provincial police acknowledges, accepts, assigns and prolongs. */
  async takeOn(): Promise<Answer['body']> {
    await this.onTip('investigator', 'acknowledge-transfer', { happenedAt: this.at(180) });
    await this.onTip('investigator', 'accept', { happenedAt: this.at(179) });
    await this.onTip('investigator', 'assign', {
      happenedAt: this.at(170),
      investigator: 'dieutravien',
      decision: decisionOn(this.at(170)),
    });
    return this.onTip('investigator', 'prolong', {
      happenedAt: this.at(100),
      decision: decisionOn(this.at(100), 'QĐ-KD-1'),
    });
  }

  /** The police ask for an extension; answers what waits at the procuracy. */
  async requestExtension(limitMs?: number): Promise<Answer['body']> {
    await this.onTip('investigator', 'request-extension', { happenedAt: this.at(90), reason: 'xác minh nhiều nơi' });
    const waiting = await eventually(
      () => this.system.call('prosecutor', 'GET', '/api/extension-requests?state=requested'),
      ({ body }) => body.items.length === 1,
      limitMs,
    );
    return waiting.body.items[0];
  }

  /** The procuracy grants it, and the tip takes note. */
  async grantExtension(requestId: string, limitMs?: number): Promise<Answer['body']> {
    const granted = await this.done('prosecutor', `/api/extension-requests/${requestId}/grant`, {
      happenedAt: this.at(80),
      decision: decisionOn(this.at(80), 'QĐ-GH-1'),
    });
    await eventually(
      () => this.system.call('investigator', 'GET', `/api/tips/${this.tipId}`),
      ({ body }) => body.extension?.state === 'granted',
      limitMs,
    );
    return granted;
  }

  async initiate(): Promise<Answer['body']> {
    const initiated = await this.onTip('investigator', 'initiate', {
      happenedAt: this.at(70),
      offence: { article: 173, clause: 2 },
      decision: decisionOn(this.at(70), 'QĐ-KT-1'),
    });
    this.caseId = initiated.caseId;
    return initiated;
  }

  /** The case that the initiation opens at the procuracy. */
  async openedCase(limitMs?: number): Promise<Answer['body']> {
    const opened = await eventually(
      () => this.system.call('prosecutor', 'GET', `/api/cases/${this.caseId}`),
      ({ status }) => status === 200,
      limitMs,
    );
    return opened.body;
  }

  concludeInvestigation(): Promise<Answer['body']> {
    return this.onCase('investigator', 'conclude-investigation', {
      happenedAt: this.at(50),
      proposesProsecution: true,
    });
  }

  /** The file arrives incomplete and is sent again complete; answers both. */
  async receiveFile(): Promise<{ incomplete: Answer['body']; complete: Answer['body'] }> {
    const file = (hours: number, complete: boolean) =>
      this.onCase('prosecutor', 'receive-file', { happenedAt: this.at(hours), complete, conclusionDelivered: true });
    return { incomplete: await file(45, false), complete: await file(40, true) };
  }

  decideProsecution(): Promise<Answer['body']> {
    return this.onCase('prosecutor', 'decide-prosecution', {
      happenedAt: this.at(10),
      prosecution: 'prosecute',
      decision: decisionOn(this.at(10), 'CT-1'),
    });
  }

  /** All of it, without a look to the left or right. */
  async run(more: Record<string, unknown>, limitMs: number): Promise<void> {
    const received = await this.receive(more);
    if (received.status !== 201) throw new Error(`the tip was not received: ${JSON.stringify(received.body)}`);
    await this.classify();
    await this.transfer();
    await this.takeOn();
    const { id } = await this.requestExtension(limitMs);
    await this.grantExtension(id, limitMs);
    await this.initiate();
    await this.openedCase(limitMs);
    await this.concludeInvestigation();
    await this.receiveFile();
    await this.decideProsecution();
  }

  private onTip(client: string, act: string, body: unknown): Promise<Answer['body']> {
    return this.done(client, `/api/tips/${this.tipId}/${act}`, body);
  }

  private onCase(client: string, act: string, body: unknown): Promise<Answer['body']> {
    return this.done(client, `/api/cases/${this.caseId}/${act}`, body);
  }

  private async done(client: string, path: string, body: unknown): Promise<Answer['body']> {
    const answer = await this.system.call(client, 'POST', path, body);
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

/** What a course has come to, without the names that each system gives by itself; for comparing two systems. */
export async function outcomeOf(
  system: SystemClient,
  course: Course,
  { from, to }: { from: string; to: string },
): Promise<Record<string, unknown>> {
  const read = async (client: string, path: string) => (await system.call(client, 'GET', path)).body;
  const [tip, matter, tipHistory, caseHistory, tipDuties, caseDuties, report] = await Promise.all([
    read('investigator', `/api/tips/${course.tipId}`),
    read('prosecutor', `/api/cases/${course.caseId}`),
    read('leader', `/api/tips/${course.tipId}/history`),
    read('leader', `/api/cases/${course.caseId}/history`),
    read('leader', `/api/tips/${course.tipId}/obligations`),
    read('leader', `/api/cases/${course.caseId}/obligations`),
    read('leader', `/api/indicators?from=${from}&to=${to}&unit=PC-80`),
  ]);
  return {
    tip: pick(tip, 'registerNumber', 'status', 'outcome', 'unitCode', 'supervisedBy', 'term', 'version'),
    case: pick(matter, 'status', 'class', 'decision', 'decidedAt', 'unitCode', 'supervisedBy', 'term', 'version'),
    steps: [tipHistory, caseHistory].map(({ items }) => items?.map(({ type }: { type: string }) => type)),
    obligations: [...(tipDuties.items ?? []), ...(caseDuties.items ?? [])].map((duty) =>
      pick(duty, 'rule', 'trigger', 'from', 'nominal', 'safeBy', 'due', 'latestArguable', 'status', 'doneAt'),
    ),
    figures: report.indicators?.map((one: Record<string, unknown>) =>
      pick(one, 'id', 'numerator', 'denominator', 'value', 'open', 'met', 'median', 'n'),
    ),
  };
}

function pick(from: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}
