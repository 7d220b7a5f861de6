/**
 * One relation after one effect: columns, keys and constraints that follow each other as the server makes them follow.
 * Which relation, and what else of the catalog changes with it, belongs to `effects`.
 */
import { quoteIdentifier, relationKey } from '../sql/identifier.js';
import { withIndexName } from '../sql/renamed-text.js';
import type { Column, Constraint, Index, Relation, RelationName } from './catalog-snapshot.js';

export interface ColumnChange {
  readonly type?: string;
  readonly notNull?: boolean;
  /** SQL text; null takes the default, or the generation expression, away. */
  readonly default?: string | null;
  readonly identity?: Column['identity'];
  readonly generated?: Column['generated'];
}

export function changeColumnOf(relation: Relation, name: string, to: ColumnChange): Relation {
  const columns = relation.columns.map((column) => (column.name === name ? changeColumn(column, to) : column));
  const changed = { ...relation, columns };
  if (to.notNull !== false) return changed;
  // Since server 18 NOT NULL is a constraint with a name, which goes with it.
  return keepConstraints(changed, ({ kind, columns: [only] }) => kind !== 'not null' || only !== name);
}

function changeColumn(column: Column, change: ColumnChange): Column {
  const { default: oldDefault, baseType, collation, ...kept } = column;
  const newDefault = change.default === undefined ? oldDefault : change.default;
  // The new type's base type and collation are for the server to say; the old ones would be wrong.
  const ofType = change.type === undefined || change.type === column.type ? { baseType, collation } : {};
  return {
    ...kept,
    ...(ofType.baseType !== undefined && { baseType: ofType.baseType }),
    ...(ofType.collation !== undefined && { collation: ofType.collation }),
    ...(newDefault !== undefined && newDefault !== null && { default: newDefault }),
    type: change.type ?? column.type,
    notNull: change.notNull ?? column.notNull,
    identity: change.identity ?? column.identity,
    generated: change.generated ?? column.generated,
  };
}

export function addIndex(relation: Relation, index: Index): Relation {
  if (relation.indexes.some((existing) => existing.name === index.name)) return relation;
  return { ...relation, indexes: [...relation.indexes, index] };
}

export function addConstraint(relation: Relation, constraint: Constraint, partOf?: RelationName): Relation {
  if (relation.constraints.some((existing) => existing.name === constraint.name)) return relation;
  const added = { ...relation, constraints: [...relation.constraints, constraint] };
  if (constraint.kind === 'not null')
    return constraint.validated ? markNotNull(added, constraint.columns, true) : added;
  if (constraint.kind === 'exclusion')
    return addIndex(added, { ...indexOf(constraint, added), unique: false, definition: '' });
  if (constraint.kind !== 'primary key' && constraint.kind !== 'unique') return added;
  const primary = constraint.kind === 'primary key';
  const used = added.indexes.find((index) => index.name === constraint.name);
  const index = used ?? indexOf(constraint, added);
  const others = added.indexes.filter((existing) => existing.name !== constraint.name);
  const part = partOf === undefined ? {} : { partOf };
  const indexes = [...others, { ...index, ...part, primary, deferrable: constraint.deferrable }];
  const keyed = { ...added, indexes };
  return primary ? markNotNull(keyed, constraint.columns, true) : keyed;
}

function indexOf(constraint: Constraint, relation: Relation): Index {
  const deterministic = relation.columns
    .filter((column) => constraint.columns.includes(column.name))
    .every((column) => column.deterministicCollation);
  return {
    name: constraint.name,
    unique: true,
    primary: constraint.kind === 'primary key',
    valid: true,
    method: 'btree',
    keys: constraint.columns,
    keyCollations: constraint.columns.map(() => null),
    deterministicCollation: deterministic,
    rowOrder: true,
    partial: false,
    deferrable: constraint.deferrable,
    nullsNotDistinct: /NULLS\s+NOT\s+DISTINCT/i.test(constraint.definition),
    definition: indexDefinition(constraint, relation),
  };
}

/** Of the index that a unique or primary key brings. */
function indexDefinition({ name, columns, definition }: Constraint, relation: Relation): string {
  const parts = [
    `CREATE UNIQUE INDEX ${quoteIdentifier(name)} ON ${relationKey(relation)}`,
    `(${columns.map(quoteIdentifier).join(', ')})`,
    /\bINCLUDE\s*\([^)]*\)/i.exec(definition)?.[0] ?? '',
    /\bNULLS\s+NOT\s+DISTINCT/i.exec(definition)?.[0] ?? '',
    /\bWITH\s*\([^)]*\)/i.exec(definition)?.[0] ?? '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** A column stays NOT NULL when its primary key goes, on every supported server. */
export function dropConstraint(relation: Relation, name: string): Relation {
  const constraint = relation.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) return relation;
  const rest = keepConstraints(relation, (candidate) => candidate.name !== name);
  if (constraint.kind === 'not null') return markNotNull(rest, constraint.columns, false);
  if (constraint.kind === 'primary key' || constraint.kind === 'unique' || constraint.kind === 'exclusion')
    return { ...rest, indexes: rest.indexes.filter((index) => index.name !== name) };
  return rest;
}

export function validateConstraint(relation: Relation, name: string): Relation {
  const constraint = relation.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) return relation;
  const constraints = relation.constraints.map((each) => (each === constraint ? { ...each, validated: true } : each));
  const validated = { ...relation, constraints };
  return constraint.kind === 'not null' ? markNotNull(validated, constraint.columns, true) : validated;
}

function markNotNull(relation: Relation, names: readonly string[], notNull: boolean): Relation {
  const columns = relation.columns.map((column) => (names.includes(column.name) ? { ...column, notNull } : column));
  return { ...relation, columns };
}

/** The index of a constraint bears its name, and the server renames the two together. */
export function renameKey(relation: Relation, from: string, to: string): Relation {
  const named = <T extends { readonly name: string }>(each: T): T =>
    each.name === from ? { ...each, name: to } : each;
  const indexes = relation.indexes.map((index) =>
    index.name === from ? { ...named(index), definition: withIndexName(index.definition, to) } : index,
  );
  return { ...relation, indexes, constraints: relation.constraints.map(named) };
}

export function keepConstraints(relation: Relation, keep: (constraint: Constraint) => boolean): Relation {
  if (relation.constraints.every(keep)) return relation;
  return { ...relation, constraints: relation.constraints.filter(keep) };
}

export function mapReferences(
  relation: Relation,
  to: RelationName,
  map: (constraint: Constraint & Required<Pick<Constraint, 'references'>>) => Constraint,
): Relation {
  if (!relation.constraints.some((constraint) => sameName(constraint.references?.table, to))) return relation;
  const constraints = relation.constraints.map((constraint) => {
    const { references } = constraint;
    return references !== undefined && sameName(references.table, to) ? map({ ...constraint, references }) : constraint;
  });
  return { ...relation, constraints };
}

export function sameName(left: RelationName | undefined, right: RelationName): boolean {
  return left !== undefined && left.schema === right.schema && left.name === right.name;
}
