/** The transactions of a client: what each does to a side, and what it notes in the log before it commits. */
import type { Session } from '../../../../src/executor/session.js';
import type { Random } from '../../support/random.js';
import { claimSays, keyText, rowSays, type Write } from './ledger-log.js';
import { isSlot, slotKind, type Key } from './ledger-tables.js';
import type { Side } from './side.js';

export interface Chooser {
  readonly random: Random;
  /** A key of that sort; where it lies is the client's to choose. */
  readonly key: (sort: 'kept' | 'slot') => Key;
}

export interface Turn extends Chooser {
  readonly session: Session;
  readonly side: Side;
  readonly write: Write;
  /** A version that nobody else writes. */
  readonly version: () => string;
}

/** False: what it wanted to write to is not there; nothing is committed. */
type Perform = (turn: Turn) => Promise<boolean>;

async function transfer({ session, side, write, key, random }: Turn): Promise<boolean> {
  const [from, to] = [key('kept'), key('kept')];
  const by = 1 + random.below(50);
  if (keyText(from) === keyText(to)) return false;
  for (const [at, sum] of [[from, -by] as const, [to, by] as const]) {
    if (!(await side.pay(session, at, sum))) return false;
    write.effects.push({ type: 'add', key: keyText(at), field: 'balance', by: sum });
  }
  return true;
}

async function count({ session, side, write, key, random }: Turn): Promise<boolean> {
  const keys = new Map(
    Array.from({ length: 1 + random.below(3) }, () => key('kept')).map((one) => [keyText(one), one]),
  );
  for (const met of await side.count(session, [...keys.values()]))
    write.effects.push({ type: 'add', key: keyText(met), field: 'n', by: 1 });
  return write.effects.length > 0;
}

/** The word, and often the kind: the row leaves one table of the new side for the other. */
async function change(turn: Turn): Promise<boolean> {
  const { session, side, write, key, random } = turn;
  const at = key(random.next() < 0.5 ? 'kept' : 'slot');
  const found = await side.look(session, at);
  if (found === undefined) return false;
  const flips = side.name === 'old' && !isSlot(at) && random.next() < 0.5;
  const kind = flips ? (found.kind === 'person' ? 'shop' : 'person') : found.kind;
  const row = newRow(turn, kind);
  if (!(await side.change(session, at, found, row))) return false;
  end(write, 'row', found.version);
  begin(write, 'row', row.version, rowSays(at, kind, row.word));
  return true;
}

async function remove({ session, side, write, key }: Turn): Promise<boolean> {
  const version = await side.remove(session, key('slot'));
  if (version === undefined) return false;
  end(write, 'row', version);
  return true;
}

async function create(turn: Turn): Promise<boolean> {
  await putNew(turn, turn.key('slot'));
  return true;
}

/** Deleted and inserted again in one transaction. */
async function replace(turn: Turn): Promise<boolean> {
  const { session, side, write, key } = turn;
  const at = key('slot');
  const version = await side.remove(session, at);
  if (version === undefined) return false;
  end(write, 'row', version);
  await putNew(turn, at);
  return true;
}

async function rekey(turn: Turn): Promise<boolean> {
  const { session, side, write, key } = turn;
  const [at, to] = [key('slot'), key('slot')];
  const found = await side.look(session, at);
  if (found === undefined) return false;
  const row = newRow(turn, slotKind(to));
  if (!(await side.rekey(session, at, found, to, row))) return false;
  end(write, 'row', found.version);
  begin(write, 'row', row.version, rowSays(to, row.kind, row.word));
  return true;
}

/** Takes a name that only one may have: for the first time, in place of another one, or gives it up. */
async function claim({ session, side, write, key, random, version }: Turn): Promise<boolean> {
  const at = key('kept');
  const found = await side.lookClaim(session, at);
  const wanted = `name ${random.below(40)}`;
  const taken = version();
  if (found === undefined) {
    if (!(await side.claim(session, at, wanted, taken))) return false;
    begin(write, 'claim', taken, claimSays(at, wanted));
    return true;
  }
  const swaps = random.next() < 0.5 && found.handle !== wanted;
  if (!(await (swaps ? side.swap(session, at, found, wanted, taken) : side.release(session, at, found)))) return false;
  end(write, 'claim', found.claim);
  if (swaps) begin(write, 'claim', taken, claimSays(at, wanted));
  return true;
}

/** By share, of a hundred. */
const WRITES: readonly (readonly [string, number, Perform])[] = [
  ['transfer', 22, transfer],
  ['count', 16, count],
  ['change', 16, change],
  ['remove', 14, remove],
  ['create', 12, create],
  ['replace', 4, replace],
  ['rekey', 6, rekey],
  ['claim', 10, claim],
];

export function chooseWrite(random: Random): { readonly what: string; readonly perform: Perform } {
  let left = random.below(100);
  const [what, , perform] = WRITES.find(([, share]) => (left -= share) < 0)!;
  return { what, perform };
}

/** A part of a transaction that is taken back: as if it had never been. */
export async function discard({ session, side, key }: Turn): Promise<void> {
  await session.query('SAVEPOINT discarded');
  await side.count(session, [key('kept'), key('kept')]);
  await side.remove(session, key('slot'));
  await session.query('ROLLBACK TO SAVEPOINT discarded');
}

async function putNew(turn: Turn, at: Key): Promise<void> {
  const row = newRow(turn, slotKind(at));
  await turn.side.put(turn.session, at, row);
  begin(turn.write, 'row', row.version, rowSays(at, row.kind, row.word));
}

function newRow({ write, version }: Turn, kind: string) {
  return { version: version(), kind, word: `of ${write.id}` };
}

function end(write: Write, of: 'row' | 'claim', version: string): void {
  write.effects.push({ type: 'end', of, version });
}

function begin(write: Write, of: 'row' | 'claim', version: string, says: string): void {
  write.effects.push({ type: 'begin', of, version, says });
}

/** A key of the sort at, or just after, one. */
export function ofSort(sort: 'kept' | 'slot', { branch, id }: Key): Key {
  const slot = { branch, id: Math.max(3, id - (id % 3)) };
  return sort === 'slot' ? slot : isSlot({ branch, id }) ? { branch, id: id + 1 } : { branch, id };
}
