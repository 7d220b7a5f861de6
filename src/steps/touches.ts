/**
 * What statements touch, as keys of relations: their text, read by the grammar, with what only the catalog knows added.
 * Views reach the tables behind them, functions reach what nobody can see: then it is unknown, and the step a barrier.
 */
import type { Scope } from '../catalog/scope.js';
import type { RelationLock } from '../operation/operation.js';
import type { ParsedStatement } from '../sql/grammar.js';
import { relationKey, type NameParts } from '../sql/identifier.js';
import { strongerLock, type LockMode } from '../sql/lock-mode.js';
import { touchedBy } from '../sql/touch.js';

export interface Touches {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly locks: readonly RelationLock[];
  /** Why not everything is known; absent: it is. */
  readonly unknown?: string;
}

export function touchesOf(statements: readonly ParsedStatement[], scope: Pick<Scope, 'catalog' | 'schema'>): Touches {
  const reads = new Set<string>();
  const writes = new Set<string>();
  const locks = new Map<string, LockMode>();
  let unknown: string | undefined;
  for (const { node } of statements) {
    const touch = touchedBy(node);
    unknown ??= touch.opaque ?? (touch.cascades ? 'CASCADE may reach what it does not name' : undefined);
    unknown ??= unknownFunction(touch.functions, scope);
    for (const name of touch.reads) reads.add(keyOf(name, scope));
    for (const name of [
      ...touch.writes,
      ...touch.drops.map((dropped) => dropped.name),
      ...touch.creates.map((created) => created.name),
    ]) {
      writes.add(keyOf(name, scope));
    }
    for (const lock of touch.locks) {
      const key = lock.ofIndex === true ? tableOfIndex(lock.relation, scope) : keyOf(lock.relation, scope);
      const held = locks.get(key);
      locks.set(key, held === undefined ? lock.mode : strongerLock(held, lock.mode));
    }
  }
  for (const key of [...reads, ...writes]) {
    const kind = scope.catalog.relations[key]?.kind;
    if (kind === 'view') unknown ??= `what the view ${key} reads is not followed`;
  }
  return {
    reads: [...reads].sort(),
    writes: [...writes].sort(),
    locks: [...locks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([relation, mode]) => ({ relation, mode })),
    ...(unknown !== undefined && { unknown }),
  };
}

function keyOf(parts: NameParts, { schema }: Pick<Scope, 'schema'>): string {
  const [first, second] = parts.slice(-2);
  return second === undefined
    ? relationKey({ schema, name: first ?? '' })
    : relationKey({ schema: first!, name: second });
}

function tableOfIndex(parts: NameParts, scope: Pick<Scope, 'catalog' | 'schema'>): string {
  const name = parts.at(-1);
  const schema = parts.length > 1 ? parts.at(-2) : scope.schema;
  const table = Object.values(scope.catalog.relations).find(
    (relation) => relation.schema === schema && relation.indexes.some((index) => index.name === name),
  );
  return table === undefined ? keyOf(parts, scope) : relationKey(table);
}

/** A function of the database may do anything; those of the system, called in SQL, do not touch tables of ours. */
function unknownFunction(
  functions: readonly NameParts[],
  scope: Pick<Scope, 'catalog' | 'schema'>,
): string | undefined {
  for (const parts of functions) {
    const name = parts.at(-1)!;
    const schema = parts.length > 1 ? parts.at(-2) : undefined;
    const known = Object.values(scope.catalog.functions).find(
      (candidate) =>
        candidate.name === name &&
        (schema === undefined || candidate.schema === schema) &&
        candidate.volatility !== 'immutable',
    );
    if (known !== undefined) return `what the function ${relationKey(known)} does is not known`;
  }
  return undefined;
}
