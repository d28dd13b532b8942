import type { Random } from '../random.js';
import type { Owner, Pending, Scheduler } from '../scheduler.js';

export interface StoredRecord {
  key: string;
  value: Buffer;
}

/** What may go wrong between clients and the brokers; probabilities a request. */
export interface BrokerFaults {
  /** Nothing is written, and the client is told so, or not told at all. */
  refuse: number;
  /** Written, but the client's request times out. */
  loseAnswer: number;
  /** A request for several partitions is written to some of them only. */
  writeSome: number;
  /** Arrives only seconds later, after the client has given up on it. */
  late: number;
  wireMs: number;
}

export type Assignment = Record<string, number[]>;

/** An error as the client library gives it. */
export class BrokerError extends Error {
  constructor(readonly type: string) {
    super(`broker: ${type}`);
  }
}

interface Member {
  id: string;
  topics: readonly string[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  session: Pending | null;
  /** Waits for the group to be complete. */
  joining: ((assignment: Assignment, generation: number) => void) | null;
}

interface Group {
  members: Map<string, Member>;
  generation: number;
  rebalancing: boolean;
  deadline: Pending | null;
  assignments: Map<string, Assignment>;
}

/** One Kafka cluster: partitions of records, and consumer groups that share them out. */
export class Cluster {
  /** Told when records were written. */
  onProduced: () => void = () => undefined;
  readonly id = 'simulated';
  readonly topics = new Map<string, StoredRecord[][]>();
  readonly faults: BrokerFaults = { refuse: 0, loseAnswer: 0, writeSome: 0, late: 0, wireMs: 0.3 };
  up = true;
  private readonly groups = new Map<string, Group>();
  private members = 0;

  constructor(
    readonly scheduler: Scheduler,
    readonly random: Random,
  ) {}

  create(topic: string, partitions: number): void {
    if (!this.topics.has(topic))
      this.topics.set(
        topic,
        Array.from({ length: partitions }, () => []),
      );
  }

  partition(topic: string, partition: number): StoredRecord[] {
    const records = this.topics.get(topic)?.[partition];
    if (!records) throw new BrokerError('UNKNOWN_TOPIC_OR_PARTITION');
    return records;
  }

  /** A request on its way: what the cluster does with it, then the answer to the one who asked. */
  request<T>(owner: Owner, label: string, timeoutMs: number, serve: () => T): Promise<T> {
    const { scheduler, random, faults } = this;
    return new Promise<T>((resolve, reject) => {
      const answer = (ms: number, give: () => void): void => void scheduler.after(ms, owner, '', give);
      const refused = random.chance(faults.refuse);
      const lost = !refused && random.chance(faults.loseAnswer);
      const late = !refused && !lost && random.chance(faults.late);
      if (late) answer(timeoutMs, () => reject(new BrokerError('REQUEST_TIMED_OUT')));
      const wire = random.latency(faults.wireMs) + (late ? timeoutMs * (0.5 + random.next()) : 0);
      scheduler.after(wire, null, '', () => {
        if (!this.up || refused) {
          if (!late) answer(random.latency(faults.wireMs), () => reject(new BrokerError('NOT_AVAILABLE')));
          return;
        }
        if (label !== '') scheduler.note(`${owner.name} ${label}`);
        let result: T;
        try {
          result = serve();
        } catch (error) {
          if (!late) answer(random.latency(faults.wireMs), () => reject(error as Error));
          return;
        }
        if (late) return;
        if (lost) answer(timeoutMs, () => reject(new BrokerError('REQUEST_TIMED_OUT')));
        else answer(random.latency(faults.wireMs), () => resolve(result));
      });
    });
  }

  /** Join a group: answers when it is complete. */
  join(
    groupId: string,
    given: { id: string | null; topics: readonly string[]; sessionTimeoutMs: number; rebalanceTimeoutMs: number },
    joined: (memberId: string, assignment: Assignment, generation: number) => void,
  ): void {
    const group = this.group(groupId);
    let member = given.id === null ? undefined : group.members.get(given.id);
    if (!member) {
      member = { ...given, id: `member-${(this.members += 1)}`, session: null, joining: null };
      group.members.set(member.id, member);
    }
    const { id } = member;
    member.session?.cancel();
    member.joining = (assignment, generation) => joined(id, assignment, generation);
    this.rebalance(group);
    this.complete(group);
  }

  /** @throws BrokerError when the member has to join again */
  heartbeat(groupId: string, memberId: string | null, generation: number): void {
    const group = this.group(groupId);
    const member = memberId === null ? undefined : group.members.get(memberId);
    if (!member) throw new BrokerError('UNKNOWN_MEMBER_ID');
    if (group.rebalancing) {
      this.alive(group, member);
      throw new BrokerError('REBALANCE_IN_PROGRESS');
    }
    if (generation !== group.generation) throw new BrokerError('ILLEGAL_GENERATION');
    this.alive(group, member);
  }

  leave(groupId: string, memberId: string | null): void {
    const group = this.group(groupId);
    const member = memberId === null ? undefined : group.members.get(memberId);
    if (!member) return;
    member.session?.cancel();
    group.members.delete(member.id);
    this.rebalance(group);
    this.complete(group);
  }

  private group(id: string): Group {
    let group = this.groups.get(id);
    if (!group) {
      group = { members: new Map(), generation: 0, rebalancing: false, deadline: null, assignments: new Map() };
      this.groups.set(id, group);
    }
    return group;
  }

  private alive(group: Group, member: Member): void {
    member.session?.cancel();
    member.session = this.scheduler.after(member.sessionTimeoutMs, null, '', () => {
      this.scheduler.note(`${member.id} is not heard of any more`);
      group.members.delete(member.id);
      this.rebalance(group);
      this.complete(group);
    });
  }

  private rebalance(group: Group): void {
    if (group.rebalancing) return;
    group.rebalancing = true;
    const longest = Math.max(0, ...[...group.members.values()].map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
    group.deadline = this.scheduler.after(longest, null, '', () => {
      for (const member of [...group.members.values()]) {
        if (member.joining) continue;
        member.session?.cancel();
        group.members.delete(member.id);
      }
      this.complete(group);
    });
  }

  /** When all have joined, share out the partitions. */
  private complete(group: Group): void {
    if (!group.rebalancing) return;
    const members = [...group.members.values()];
    if (members.some(({ joining }) => joining === null)) return;
    group.deadline?.cancel();
    group.rebalancing = false;
    group.generation += 1;
    const shares = new Map<string, Assignment>(members.map(({ id }) => [id, {}]));
    let turn = this.random.between(0, Math.max(0, members.length - 1));
    for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
      const takers = members.filter(({ topics }) => topics.includes(topic));
      (this.topics.get(topic) ?? []).forEach((_, partition) => {
        const taker = takers[turn % takers.length] as Member;
        turn += 1;
        const share = shares.get(taker.id) as Assignment;
        (share[topic] ??= []).push(partition);
      });
    }
    for (const member of members) {
      const { joining } = member;
      member.joining = null;
      this.alive(group, member);
      joining?.(shares.get(member.id) as Assignment, group.generation);
    }
  }
}
