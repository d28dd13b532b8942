/**
 * I6: each read model is what the logs fold into. The folds here are this program's own reading of the events, made
 * from what the events mean (docs/event-map.md) and not from the program's code. The laws' dates are not computed a
 * second time: those columns are judged by the hash against a rebuild.
 */

const instant = (value) => (value == null ? null : Date.parse(value));

const TIP_STATUS = {
  CrimeTipReceived: 'received',
  CrimeTipClassified: 'classified',
  CrimeTipTransferred: 'transferred',
  CrimeTipAccepted: 'accepted',
  CrimeTipAssigned: 'assigned',
  VerificationSuspended: 'suspended',
  CriminalCaseInitiated: 'initiated',
  InitiationDeclined: 'not_initiated',
};

/** Acts of the desks' story; a stream with any other is judged by the rebuild alone. */
const TOLD = new Set(Object.keys(TIP_STATUS));

function tipOf(stream) {
  const tip = { classified: null, accepted: null, assigned: null, decided: null, outcome: null, caseId: null };
  for (const { type, data, version } of stream) {
    tip.version = version;
    tip.status = TIP_STATUS[type] ?? tip.status;
    switch (type) {
      case 'CrimeTipReceived':
        Object.assign(tip, {
          id: data.tipId,
          number: data.registerNumber.number,
          year: data.registerNumber.year,
          kind: data.kind,
          unit: data.unitCode,
          received: instant(data.receivedAt),
          category: data.category ?? null,
        });
        break;
      case 'CrimeTipClassified':
        tip.classified = instant(data.classifiedAt);
        tip.category = data.category;
        break;
      case 'CrimeTipAccepted':
        tip.accepted = instant(data.acceptedAt);
        break;
      case 'CrimeTipAssigned':
        tip.assigned = instant(data.assignedAt);
        break;
      case 'CriminalCaseInitiated':
        Object.assign(tip, {
          decided: instant(data.initiatedAt),
          outcome: 'initiated',
          caseId: data.caseId,
          category: data.category,
        });
        break;
      case 'InitiationDeclined':
        tip.decided = instant(data.declinedAt);
        tip.outcome = data.administrativeReferral ? 'administrative' : 'not_initiated';
        break;
    }
  }
  return tip;
}

function caseOf(stream) {
  const found = { concluded: null };
  for (const { type, data, version } of stream) {
    found.version = version;
    if (type === 'CriminalCaseOpened') {
      Object.assign(found, {
        id: data.caseId,
        tipId: data.tipId,
        unit: data.unitCode,
        initiated: instant(data.initiatedAt),
        category: data.category,
        class: data.class,
        accused: data.accusedCount,
        status: 'investigating',
      });
    }
    if (type === 'InvestigationConcluded') {
      found.concluded = instant(data.concludedAt);
      found.status = 'concluded';
    }
  }
  return found;
}

function streamsOf(events, prefix) {
  const streams = new Map();
  for (const event of events) {
    if (!event.stream.startsWith(prefix)) continue;
    const stream = streams.get(event.stream) ?? [];
    stream.push(event);
    streams.set(event.stream, stream);
  }
  return streams;
}

/** Compares rows by their key; `columns` gives what a row must say for a thing, in the row's own words. */
function compare(table, rows, key, things, columns, fault) {
  const byKey = new Map(rows.map((row) => [row[key], row]));
  for (const thing of things) {
    const row = byKey.get(thing.id);
    byKey.delete(thing.id);
    if (!row) {
      fault('I6', 'a row is missing', `${table} ${thing.id}`);
      continue;
    }
    const wrong = Object.entries(columns(thing)).filter(([name, value]) => {
      const held = typeof value === 'number' && typeof row[name] === 'string' ? instant(row[name]) : row[name];
      return held !== value;
    });
    if (wrong.length > 0) {
      const said = wrong.map(
        ([name, value]) => `${name} is ${JSON.stringify(row[name])}, must be ${JSON.stringify(value)}`,
      );
      fault('I6', said.join('; '), `${table} ${thing.id}`);
    }
  }
  for (const id of byKey.keys()) fault('I6', 'a row stands for nothing in the log', `${table} ${id}`);
}

/** @param {{databases: Awaited<ReturnType<import('./read-databases.mjs').DatabaseReader['read']>>}} input */
export function checkFolds({ databases: { logs, models } }) {
  const faults = [];
  const fault = (invariant, what, where) => faults.push({ invariant, what, where });
  const tipStreams = [...streamsOf(logs.intake.events, 'crime-tip-').values()];
  const tips = tipStreams.filter((stream) => stream.every(({ type }) => TOLD.has(type))).map(tipOf);
  const cases = [...streamsOf(logs.prosecution.events, 'criminal-case-').values()].map(caseOf);
  if (tips.length === tipStreams.length) {
    compareTips(tips, models, fault);
  }
  compare(
    'prosecution.criminal_cases',
    models['prosecution.criminal_cases'],
    'case_id',
    cases,
    (one) => ({
      tip_id: one.tipId,
      status: one.status,
      unit_code: one.unit,
      initiated_at: one.initiated,
      concluded_at: one.concluded,
      category: one.category,
      class: one.class,
      accused_count: one.accused,
      version: one.version,
    }),
    fault,
  );
  compare(
    'statistics.case_facts',
    models['statistics.case_facts'],
    'case_id',
    cases,
    (one) => ({
      tip_id: one.tipId,
      unit_code: one.unit,
      initiated_at: one.initiated,
      concluded_at: one.concluded,
      category: one.category,
      accused_count: one.accused,
    }),
    fault,
  );
  checkDeadlines(tips, cases, models, fault);
  return faults;
}

function compareTips(tips, models, fault) {
  compare(
    'intake.tip_list',
    models['intake.tip_list'],
    'tip_id',
    tips,
    (tip) => ({
      number: tip.number,
      year: tip.year,
      status: tip.status,
      kind: tip.kind,
      unit_code: tip.unit,
      category: tip.category,
      received_at: tip.received,
      classified_at: tip.classified,
      accepted_at: tip.accepted,
      assigned_at: tip.assigned,
      decided_at: tip.decided,
      outcome: tip.outcome,
      case_id: tip.caseId,
      version: tip.version,
    }),
    fault,
  );
  compare(
    'statistics.tip_facts',
    models['statistics.tip_facts'],
    'tip_id',
    tips,
    (tip) => ({
      register_number: tip.number,
      register_year: tip.year,
      kind: tip.kind,
      unit_code: tip.unit,
      category: tip.category,
      received_at: tip.received,
      classified_at: tip.classified,
      accepted_at: tip.accepted,
      assigned_at: tip.assigned,
      handled_at: tip.assigned ?? tip.decided,
      decided_at: tip.decided,
      outcome: tip.outcome,
      case_id: tip.caseId,
    }),
    fault,
  );
}

/** Every matter is there with every fact once; the duty to classify is one, and done exactly when it was classified. */
function checkDeadlines(tips, cases, models, fault) {
  /** Duties to classify, by matter. */
  const duties = new Map();
  for (const row of models['deadlines.obligations']) {
    const ofMatter = duties.get(row.matter_id) ?? [];
    ofMatter.push(row);
    duties.set(row.matter_id, ofMatter);
  }
  const matters = new Map(models['deadlines.matters'].map((row) => [row.matter_id, row]));
  for (const tip of tips) {
    const matter = matters.get(tip.id);
    if (!matter) {
      fault('I6', 'a row is missing', `deadlines.matters ${tip.id}`);
      continue;
    }
    if (matter.facts !== tip.version)
      fault('I6', `${matter.facts} facts of ${tip.version} events`, `deadlines.matters ${tip.id}`);
    const classify = duties.get(tip.id) ?? [];
    const state = tip.classified === null ? 'open' : 'done';
    if (classify.length !== 1 || classify[0].state !== state) {
      const said = classify.map((row) => row.state).join();
      fault(
        'I6',
        `the duty to classify is ${said || 'missing'}, must be ${state}`,
        `deadlines.obligations of ${tip.id}`,
      );
    }
  }
  for (const { id, version } of cases) {
    const matter = matters.get(id);
    if (!matter) {
      fault('I6', 'a row is missing', `deadlines.matters ${id}`);
    } else if (matter.facts !== version) {
      fault('I6', `${matter.facts} facts of ${version} events`, `deadlines.matters ${id}`);
    }
  }
}
