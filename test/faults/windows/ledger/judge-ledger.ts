/**
 * The oracle: what a side must hold by the log alone. A transaction is there with its entry, wholly, or not at all; what was
 * there at first and what the transactions that are there have begun, less what they have ended, is all there is.
 */
import type { Effect, LedgerLog, Write } from './ledger-log.js';
import type { Contents } from './read-ledger.js';

export interface Verdict {
  /** Acknowledged, and not there. */
  readonly lost: readonly string[];
  /** There, or counted, more often than it was written; or ended twice: a write over one that it had not seen. */
  readonly doubled: readonly string[];
  /** There, though a transaction that is there has deleted or replaced it, or was refused. */
  readonly resurrected: readonly string[];
  /** Unknown ones that turned out to be there. */
  readonly unknownThere: number;
}

/** `mustHold`: ids that the side cannot be without; for one that is behind, those of the moment when it was left. */
export function judge(log: LedgerLog, first: Contents, found: Contents, mustHold: ReadonlySet<number>): Verdict {
  const lost: string[] = [];
  const doubled: string[] = [];
  const resurrected: string[] = [];
  const there = log.writes.filter(({ id }) => found.entries.has(id));
  for (const write of log.writes) {
    if (mustHold.has(write.id) && !found.entries.has(write.id)) lost.push(`all of ${told(write)}`);
    if (write.fate === 'failed' && found.entries.has(write.id)) resurrected.push(`refused, and there: ${told(write)}`);
  }
  for (const id of found.entries) if (id > log.writes.length) resurrected.push(`entry ${id} of nobody`);
  for (const of of ['row', 'claim'] as const) {
    const live = new Map([...first[of]].map(([version, says]) => [version, says[0]!]));
    const ended = new Map<string, Write>();
    for (const write of there)
      for (const effect of write.effects) if (isBegin(effect, of)) live.set(effect.version, effect.says);
    for (const write of there) {
      for (const effect of write.effects) {
        if (effect.type !== 'end' || effect.of !== of) continue;
        const before = ended.get(effect.version);
        if (before !== undefined)
          doubled.push(`${of} ${effect.version} was ended by ${told(before)} and by ${told(write)}`);
        if (before === undefined && !live.delete(effect.version))
          lost.push(`what ${told(write)} ended: ${effect.version}`);
        ended.set(effect.version, write);
      }
    }
    for (const [version, says] of live) {
      const held = found[of].get(version) ?? [];
      if (!held.includes(says)) lost.push(`${of} ${version} (${says}), found: ${held.join('; ') || 'nothing'}`);
      if (held.length > 1) doubled.push(`${of} ${version}: ${held.join('; ')}`);
    }
    for (const [version, held] of found[of]) {
      if (live.has(version)) continue;
      const by = ended.get(version);
      resurrected.push(
        `${of} ${version} (${held.join('; ')}), ended by ${by === undefined ? 'nobody, begun by nobody' : told(by)}`,
      );
    }
  }
  const money = new Map([...first.money].map(([key, { balance, n }]) => [key, { balance, n }]));
  for (const { effects } of there) for (const effect of effects) if (effect.type === 'add') add(money, effect);
  for (const [key, { balance, n }] of money) {
    const held = found.money.get(key);
    // Rows that are not there were counted above.
    if (held === undefined) continue;
    const line = (what: string, is: number, expected: number) => `${what} of ${key} is ${is}, expected ${expected}`;
    if (held.n !== n) (held.n < n ? lost : doubled).push(line('counter', held.n, n));
    if (held.balance !== balance) lost.push(line('balance', held.balance, balance));
  }
  const sums = [first, found].map((side) => [...side.money.values()].reduce((sum, { balance }) => sum + balance, 0));
  if (sums[0] !== sums[1]) lost.push(`the sum of all balances is ${sums[1]!}, at first it was ${sums[0]!}`);
  return { lost, doubled, resurrected, unknownThere: there.filter(({ fate }) => fate === 'unknown').length };
}

export function wrongs({ lost, doubled, resurrected }: Verdict): readonly string[] {
  const lines = (what: string, list: readonly string[]): readonly string[] =>
    list.slice(0, 5).map((line) => `${what} (${list.length}): ${line}`);
  return [...lines('lost', lost), ...lines('doubled', doubled), ...lines('resurrected', resurrected)];
}

function isBegin(effect: Effect, of: 'row' | 'claim'): effect is Extract<Effect, { type: 'begin' }> {
  return effect.type === 'begin' && effect.of === of;
}

function add(
  money: Map<string, { balance: number; n: number }>,
  { key, field, by }: Extract<Effect, { type: 'add' }>,
): void {
  const row = money.get(key) ?? { balance: 0, n: 0 };
  money.set(key, { ...row, [field]: row[field] + by });
}

function told({ id, client, what, fate }: Write): string {
  return `${fate} write ${id} (${what}) of ${client}`;
}
