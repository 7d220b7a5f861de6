/**
 * What one statement touches, read off its parse tree: relations, locks, functions, names that come and go. Owns what the
 * text alone says. What only a catalog knows is not here: partitions and children, the tables behind a view, the table of
 * an index, foreign keys that point in, what a CASCADE reaches, what a function or trigger does.
 */
import type { Node, RangeVar } from './grammar.js';
import { formatParts, type NameParts } from './identifier.js';
import { strongerLock, type LockMode } from './lock-mode.js';
import { commandTag } from './command-tag.js';
import { DATA_STATEMENTS } from './touch-data.js';
import { DDL_STATEMENTS } from './touch-ddl.js';
import type { Handlers, TouchSink } from './touch-sink.js';
import { fieldsOf, kindOf, relationParts, stringsOf, walkTree } from './tree-walk.js';

export interface Touch {
  /** The command tag: `CREATE TABLE`. */
  readonly kind: string;
  /** Relations whose rows it reads, as written; each list in the order of the text, each name once. */
  readonly reads: readonly NameParts[];
  /** Relations whose rows or shape it changes. */
  readonly writes: readonly NameParts[];
  /** Of tables, views and sequences, and of indexes that are named. A table's other indexes follow its lock. */
  readonly locks: readonly TouchedLock[];
  /** Functions that the text calls, as written; operators, casts and triggers call functions too and are not listed. */
  readonly functions: readonly NameParts[];
  readonly creates: readonly TouchedObject[];
  readonly drops: readonly TouchedObject[];
  /** The server refuses it inside a transaction block. */
  readonly nonTransactional: boolean;
  /** CASCADE: it may reach what it does not name. */
  readonly cascades: boolean;
  /** Why what it touches cannot be known from its text: "it runs the code in a DO block". */
  readonly opaque?: string;
}

export interface TouchedLock {
  readonly relation: NameParts;
  readonly mode: LockMode;
  /** `relation` names an index; the lock is on the table that it belongs to. */
  readonly ofIndex?: true;
}

export interface TouchedObject {
  /** `table`, `index`, `materialized view`, `schema`, `function`, … */
  readonly object: string;
  readonly name: NameParts;
}

const HANDLERS: Handlers = { ...DATA_STATEMENTS, ...DDL_STATEMENTS };

export function touchedBy(statement: Node): Touch {
  const collected = collector();
  const kind = kindOf(statement);
  const tag = commandTag(kind, fieldsOf(statement));
  if (!(kind in HANDLERS)) collected.sink.opaque(`what ${tag} touches is not known`);
  walkTree(statement, (visited, fields, ctes) => {
    const handler = HANDLERS[visited as keyof Handlers] as ((fields: unknown, sink: TouchSink) => void) | undefined;
    handler?.(fields, collected.sink);
    if (visited === 'RangeVar') collected.relation(fields, ctes);
  });
  return collected.touch(tag);
}

interface Collector {
  readonly sink: TouchSink;
  relation(relation: RangeVar, ctes: ReadonlySet<string>): void;
  touch(kind: string): Touch;
}

function collector(): Collector {
  const reads = new Map<string, NameParts>();
  const writes = new Map<string, NameParts>();
  const functions = new Map<string, NameParts>();
  const locks = new Map<string, TouchedLock>();
  const [creates, drops]: [TouchedObject[], TouchedObject[]] = [[], []];
  const claimed = new Set<object>();
  const rowLocked = new Set<object>();
  let [nonTransactional, cascades] = [false, false];
  let opaque: string | undefined;

  const remember = (names: Map<string, NameParts>, name: NameParts): void => {
    if (name.length > 0 && !names.has(formatParts(name))) names.set(formatParts(name), name);
  };
  const lock = (relation: NameParts, mode: LockMode, ofIndex: boolean): void => {
    const key = `${ofIndex ? 'index ' : ''}${formatParts(relation)}`;
    const strongest = strongerLock(locks.get(key)?.mode ?? mode, mode);
    locks.set(key, { relation, mode: strongest, ...(ofIndex && { ofIndex }) });
  };

  const sink: TouchSink = {
    claim: (relation) => {
      if (relation !== undefined) claimed.add(relation);
    },
    rowLock: (relation) => rowLocked.add(relation),
    write: (target, mode) => {
      if (target === undefined) return;
      const name = 'length' in target ? target : relationParts(target);
      claimed.add(target);
      remember(writes, name);
      if (mode !== null) lock(name, mode, false);
    },
    read: (target, mode) => {
      if (target === undefined) return;
      const name = 'length' in target ? target : relationParts(target);
      claimed.add(target);
      remember(reads, name);
      lock(name, mode, false);
    },
    index: (name, indexMode, tableMode) => {
      lock(name, indexMode, false);
      if (tableMode !== null) lock(name, tableMode, true);
    },
    call: (name) => remember(functions, stringsOf(name)),
    create: (object, name) => creates.push({ object, name }),
    drop: (object, name) => drops.push({ object, name }),
    nonTransactional: () => (nonTransactional = true),
    cascades: () => (cascades = true),
    opaque: (reason) => (opaque ??= reason),
  };

  return {
    sink,
    relation: (relation, ctes) => {
      const isCte = relation.schemaname === undefined && ctes.has(relation.relname ?? '');
      if (isCte || claimed.has(relation)) return;
      sink.read(relation, rowLocked.has(relation) ? 'ROW SHARE' : 'ACCESS SHARE');
    },
    touch: (kind) => ({
      kind,
      reads: [...reads.values()],
      writes: [...writes.values()],
      locks: [...locks.values()],
      functions: [...functions.values()],
      creates,
      drops,
      nonTransactional,
      cascades,
      ...(opaque !== undefined && { opaque }),
    }),
  };
}
