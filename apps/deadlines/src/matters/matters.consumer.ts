import { TOPIC_NAMES } from '@app/contracts';
import { afterCommit, copyRows, inLanes, type ScannedEvent } from '@app/event-store';
import type { BulkHandler, Consumer, InShadow } from '@app/messaging';
import type { PoolClient } from 'pg';
import { LAW_HEAD, LawBook, SHARE_LAW } from '../law/law-book.js';
import { dutiesOf } from '../obligations/duties-of-matter.js';
import { addObligations, type MatterDuties, writeObligations } from '../obligations/write-obligations.js';
import { keepTimers } from '../timers/keep-timers.js';
import { allRowsByIndex } from './all-rows-by-index.js';
import { factOfEvent, type MatterKind, type RecordedFact } from './facts-of-events.js';
import { type MatterFacts, matterOf } from './matter-facts.js';

interface ChangedMatter extends MatterDuties {
  facts: MatterFacts;
}

/** What a batch adds to one matter. */
interface Arriving {
  kind: MatterKind;
  facts: [key: string, fact: RecordedFact][];
  recordedAt: string;
}

/**
 * Keeps the facts of every matter and what is owed for it. Facts are a set and the rows are a function of that set and of
 * the law as published: the order in which two services' events arrive, the size of the batches, a second delivery and
 * the moment of a publication among them leave no trace.
 *
 * @param onChanged called after the commit of a batch that changed obligations
 * @param law the law as published; drills give one with another beginning
 */
export function mattersConsumer(onChanged: () => void, law = new LawBook()): Consumer {
  return {
    name: 'deadlines.matters',
    topics: [TOPIC_NAMES.crimeTips, TOPIC_NAMES.extensionRequests, TOPIC_NAMES.criminalCases],
    async handle(batch, tx) {
      if (await write(gather(batch, new Map()), law, tx)) {
        if (!afterCommit(tx, onChanged)) onChanged();
      }
    },
    rebuild: {
      tables: ['matters', 'obligations', 'timers'],
      bulk: () => new MattersLoad(law),
      basis: lawHead,
      complete: keepTimers,
      afterSwap: async (tx) => void afterCommit(tx, onChanged),
    },
  };
}

const MATTERS_A_TRANSACTION = 1_000;
const LANES = 2;

/** Facts of many batches in memory; what follows from them is calculated once for each matter. */
class MattersLoad implements BulkHandler {
  private arriving = new Map<string, Arriving>();

  constructor(private readonly law: LawBook) {}

  get held(): number {
    return this.arriving.size;
  }

  readonly add = async (batch: readonly ScannedEvent[]): Promise<void> => {
    gather(batch, this.arriving);
  };

  async write(transaction: InShadow): Promise<void> {
    const matters = [...this.arriving];
    this.arriving = new Map();
    const parts: Map<string, Arriving>[] = [];
    for (let from = 0; from < matters.length; from += MATTERS_A_TRANSACTION) {
      parts.push(new Map(matters.slice(from, from + MATTERS_A_TRANSACTION)));
    }
    // What is owed in one is calculated while the server takes the other.
    await inLanes(parts, LANES, (some) => transaction(async (tx) => void (await write(some, this.law, tx, true))));
  }
}

/** What every duty follows from beside the facts. */
async function lawHead(db: PoolClient): Promise<string> {
  const { rows } = await db.query<{ head: string | null }>(`SELECT ${LAW_HEAD} AS head`);
  return rows[0]?.head ?? '';
}

/** Write what arrived. @returns whether any matter was new or changed */
async function write(arriving: Map<string, Arriving>, law: LawBook, tx: PoolClient, isBulk = false): Promise<boolean> {
  if (arriving.size === 0) return false;
  const changed = await mergeFacts(arriving, law, tx);
  if (changed.length === 0) return false;
  const added = isBulk ? changed.filter(({ known }) => !known) : [];
  const known = isBulk ? changed.filter((one) => one.known) : changed;
  if (known.length > 0) {
    await writeMatters(known, tx);
    await writeObligations(known, tx);
  }
  if (added.length > 0) {
    await addMatters(added, tx);
    await addObligations(added, tx);
  }
  return true;
}

/** Add the facts of a batch to what has arrived. */
function gather(batch: readonly ScannedEvent[], arriving: Map<string, Arriving>): Map<string, Arriving> {
  for (const event of batch) {
    const found = factOfEvent(event);
    if (!found) continue;
    const matter = arriving.get(found.matterId);
    const { recordedAt } = event.meta;
    if (matter) {
      matter.facts.push([found.key, found.fact]);
      if (Date.parse(recordedAt) > Date.parse(matter.recordedAt)) matter.recordedAt = recordedAt;
    } else {
      arriving.set(found.matterId, { kind: found.matterKind, facts: [[found.key, found.fact]], recordedAt });
    }
  }
  return arriving;
}

/** The matters whose set of facts is enlarged, with the whole set. */
async function mergeFacts(arriving: Map<string, Arriving>, law: LawBook, tx: PoolClient): Promise<ChangedMatter[]> {
  await allRowsByIndex(tx, SHARE_LAW);
  // One question for both: the facts known so far, and whether a version of the law was published.
  const { rows } = await tx.query<{ matter_id: string | null; facts: MatterFacts | null; head: string | null }>({
    name: 'deadlines-matters-known',
    text: `SELECT matter_id, facts, NULL::uuid AS head FROM deadlines.matters WHERE matter_id = ANY($1::uuid[])
      UNION ALL SELECT NULL, NULL, ${LAW_HEAD}`,
    values: [[...arriving.keys()]],
  });
  const head = rows.find(({ matter_id }) => matter_id === null)?.head ?? null;
  const history = await law.historyAt(head, tx);
  const known = new Map(rows.flatMap(({ matter_id, facts }) => (matter_id && facts ? [[matter_id, facts]] : [])));
  const changed: ChangedMatter[] = [];
  for (const [id, { kind, facts: added, recordedAt }] of arriving) {
    const before = known.get(id);
    const fresh = before ? added.filter(([key]) => !(key in before)) : added;
    if (fresh.length === 0) continue;
    const facts = { ...before, ...Object.fromEntries(fresh) };
    const matter = matterOf(id, kind, facts);
    changed.push({
      matter,
      facts,
      duties: dutiesOf(matter, history, { why: false }),
      known: before !== undefined,
      recordedAt,
    });
  }
  return changed;
}

const rowsOf = (changed: readonly ChangedMatter[]) =>
  changed.map(({ matter, facts, duties }) => ({
    matter_id: matter.id,
    matter_kind: matter.kind,
    matter_number: matter.number,
    unit_code: matter.unitCode,
    supervised_by: matter.supervisedBy,
    received_by: matter.receivedBy,
    facts,
    set_aside: duties.setAside,
  }));

const MATTER_COLUMNS = [
  { name: 'matter_id', type: 'uuid' },
  { name: 'matter_kind', type: 'text' },
  { name: 'matter_number', type: 'text' },
  { name: 'unit_code', type: 'text' },
  { name: 'supervised_by', type: 'text' },
  { name: 'received_by', type: 'text' },
  { name: 'facts', type: 'jsonb' },
  { name: 'set_aside', type: 'jsonb' },
];

async function addMatters(added: readonly ChangedMatter[], tx: PoolClient): Promise<void> {
  await copyRows(tx, 'deadlines.matters', MATTER_COLUMNS, rowsOf(added));
}

async function writeMatters(changed: readonly ChangedMatter[], tx: PoolClient): Promise<void> {
  const rows = rowsOf(changed);
  await tx.query({
    name: 'deadlines-matters-write',
    text: `
      INSERT INTO deadlines.matters AS m
        (matter_id, matter_kind, matter_number, unit_code, supervised_by, received_by, facts, set_aside)
      SELECT matter_id, matter_kind, matter_number, unit_code, supervised_by, received_by, facts, set_aside
      FROM json_to_recordset($1) AS r(matter_id uuid, matter_kind text, matter_number text, unit_code text,
        supervised_by text, received_by text, facts jsonb, set_aside jsonb)
      ON CONFLICT (matter_id) DO UPDATE SET matter_number = excluded.matter_number, unit_code = excluded.unit_code,
        supervised_by = excluded.supervised_by, received_by = excluded.received_by, facts = excluded.facts,
        set_aside = excluded.set_aside`,
    values: [JSON.stringify(rows)],
  });
}
