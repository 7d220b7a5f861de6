/**
 * Constraints. Foreign key and check come NOT VALID, which looks at no row, and are validated in a transaction of their
 * own, beside readers and writers (SHARE UPDATE EXCLUSIVE). A key gets its index concurrently first.
 */
import type { Constraint, Relation } from '../../../catalog/catalog-snapshot.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { impliedName } from '../../../sql/implied-name.js';
import { nodeAs, stringsOf, type FieldsOf } from '../../../sql/tree-walk.js';
import { asWayBack, quick, quickBack, type FormContext, type Piece, type PieceHazard } from '../piece.js';
import { buildConcurrently } from './indexes.js';
import { makeAgainOnline } from './remake.js';

type ConstraintNode = FieldsOf<'Constraint'>;

export function addConstraint(table: Relation, node: ConstraintNode, at: FormContext): readonly Piece[] {
  const added = at.effects.find((effect) => effect.kind === 'constraint added');
  if (added === undefined) return [];
  const { constraint } = added;
  const { name } = constraint;
  if (table.constraints.some((existing) => existing.name === name)) {
    at.refuse('LS6204', `${relationKey(table)} has a constraint \`${name}\` already.`, 'name it otherwise');
    return [];
  }
  const { definition } = constraint;
  const add = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`;
  const drop = quickBack(`drop constraint ${name}`, `${alter(table)} DROP CONSTRAINT ${quoteIdentifier(name)}`);
  const label = `add constraint ${name} to ${relationKey(table)}`;
  const whole = (hazards: readonly PieceHazard[] = []): readonly Piece[] => [
    { ...quick('add', label, [add], [drop]), hazards },
  ];
  if (constraint.kind === 'not null') return requireNotNull(table, constraint.columns[0]!, at, name);
  if (node.indexname !== undefined) return takeIndex(table, node, constraint, add, at);
  if (at.isNew(table) || node.skip_validation === true || node.is_enforced === false) return whole();
  switch (constraint.kind) {
    case 'foreign key':
      if (table.kind === 'partitioned table' && at.catalog.server.versionNum < 180_000)
        return byPartition(table, name, definition, whole(), at);
      return notValidFirst(table, name, add, label);
    case 'check':
      return notValidFirst(table, name, add, label);
    case 'unique':
    case 'primary key':
      return keyByIndex(table, node, constraint, definition, at);
    default: {
      const detail = `Readers and writers of ${relationKey(table)} wait while its index is built; there is no other form.`;
      return whole([{ name: 'blocks_reads', detail }]);
    }
  }
}

function notValidFirst(table: Relation, name: string, add: string, label: string): readonly Piece[] {
  const drop = quickBack(
    `drop constraint ${name}`,
    `${alter(table)} DROP CONSTRAINT IF EXISTS ${quoteIdentifier(name)}`,
  );
  return [quick('add', `${label}, not valid yet`, [`${add} NOT VALID`], [drop]), validate(table, name)];
}

function validate(table: Relation, name: string): Piece {
  return {
    name: 'validate',
    label: `validate constraint ${name} of ${relationKey(table)}`,
    statements: [`${alter(table)} VALIDATE CONSTRAINT ${quoteIdentifier(name)}`],
    runs: 'unlimited',
    hazards: [],
    back: { goesWith: 'its constraint' },
  };
}

/**
 * Before server 18 a partitioned table refuses a foreign key that is NOT VALID. Where each partition has it, valid, the
 * table's own attaches them and looks at no row (measured).
 */
function byPartition(
  table: Relation,
  name: string,
  definition: string,
  whole: readonly Piece[],
  at: FormContext,
): readonly Piece[] {
  const each = leavesOf(table, at).flatMap((partition, index) => {
    const add = `${alter(partition)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`;
    const label = `add constraint ${name} to ${relationKey(partition)}`;
    return notValidFirst(partition, name, add, label).map((piece) => ({
      ...piece,
      name: `${piece.name}-${index + 1}`,
    }));
  });
  return [...each, ...whole];
}

function leavesOf(table: Relation, at: FormContext): readonly Relation[] {
  return Object.values(at.catalog.relations)
    .filter((other) => other.partition && other.parent?.schema === table.schema && other.parent.name === table.name)
    .flatMap((child) => (child.kind === 'partitioned table' ? leavesOf(child, at) : [child]));
}

/** UNIQUE and PRIMARY KEY: the index beside traffic, then the constraint takes it over by name. */
function keyByIndex(
  table: Relation,
  node: ConstraintNode,
  constraint: Constraint,
  definition: string,
  at: FormContext,
): readonly Piece[] {
  const add = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(constraint.name)} ${definition}`;
  const drop = quickBack(`drop constraint ${constraint.name}`, dropText(table, constraint.name));
  const label = `add constraint ${constraint.name} to ${relationKey(table)}`;
  if (table.kind === 'partitioned table' || node.without_overlaps === true) {
    const detail = `Readers and writers of ${relationKey(table)} wait while its indexes are built; a ${node.without_overlaps === true ? 'temporal key' : 'partitioned table'} cannot take over an index that was built before.`;
    return [{ ...quick('add', label, [add], [drop]), hazards: [{ name: 'blocks_reads', detail }] }];
  }
  const columns = stringsOf(node.keys).map(quoteIdentifier).join(', ');
  const included = stringsOf(node.including).map(quoteIdentifier).join(', ');
  const [name, index] = [constraint.name, quoteIdentifier(constraint.name)];
  const create = [
    `CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${relationKey(table)} (${columns})`,
    included === '' ? '' : `INCLUDE (${included})`,
    node.nulls_not_distinct === true ? 'NULLS NOT DISTINCT' : '',
    /\bWITH\s*\([^)]*\)/i.exec(definition)?.[0] ?? '',
    node.indexspace === undefined ? '' : `TABLESPACE ${quoteIdentifier(node.indexspace)}`,
  ];
  const required = notNullForKey(table, constraint, at);
  const deferred =
    node.deferrable === true ? (node.initdeferred === true ? ' DEFERRABLE INITIALLY DEFERRED' : ' DEFERRABLE') : '';
  const kind = constraint.kind === 'primary key' ? 'PRIMARY KEY' : 'UNIQUE';
  const take = `${alter(table)} ADD CONSTRAINT ${index} ${kind} USING INDEX ${index}${deferred}`;
  const built = buildConcurrently(table, name, create.filter((part) => part !== '').join(' '));
  return [...required, built, quick('add', label, [take], [drop])];
}

/** An index that is there becomes a constraint and bears its name. On the way back both are one, and the index is built again. */
function takeIndex(
  table: Relation,
  node: ConstraintNode,
  constraint: Constraint,
  add: string,
  at: FormContext,
): readonly Piece[] {
  const index = table.indexes.find((candidate) => candidate.name === node.indexname);
  if (index === undefined) {
    at.refuse('LS6204', `${relationKey(table)} has no index \`${node.indexname!}\`.`, 'build the index first');
    return [];
  }
  const drop = dropText(table, constraint.name);
  const rebuilt = asWayBack(at.expand([index.definition], at.after([add, drop])));
  const back = [quickBack(`drop constraint ${constraint.name}`, drop), ...rebuilt];
  const required = notNullForKey(table, constraint, at);
  return [...required, quick('add', `turn index ${index.name} into a constraint`, [add], back)];
}

/** A primary key over columns that may be NULL would look for NULLs under its lock. */
function notNullForKey(table: Relation, { kind, columns }: Constraint, at: FormContext): readonly Piece[] {
  if (kind !== 'primary key' || at.isNew(table)) return [];
  const nullable = table.columns.filter(({ name, notNull }) => columns.includes(name) && !notNull);
  return at
    .expand(nullable.map(({ name }) => `${alter(table)} ALTER COLUMN ${quoteIdentifier(name)} SET NOT NULL`))
    .map((piece, index) => ({ ...piece, name: `${piece.name}-${index + 1}` }));
}

/**
 * SET NOT NULL looks at every row under ACCESS EXCLUSIVE, unless a valid constraint has proved it before. Since 18 NOT NULL
 * is itself a constraint that can be NOT VALID; below, a CHECK proves it and goes again.
 */
export function requireNotNull(table: Relation, column: string, at: FormContext, given?: string): readonly Piece[] {
  const name = given ?? impliedName(table.name, [column], 'not_null');
  const set = `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} SET NOT NULL`;
  const label = `require ${column} of ${relationKey(table)} to be not null`;
  const unset = quickBack(
    `let ${column} of ${relationKey(table)} be null`,
    `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} DROP NOT NULL`,
  );
  const native = at.catalog.server.versionNum >= 180_000;
  if (at.isNew(table)) {
    const named = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} NOT NULL ${quoteIdentifier(column)}`;
    return [quick('set', label, [given !== undefined && native ? named : set], [unset])];
  }
  const check = quoteIdentifier(native ? name : impliedName(table.name, [column], 'check'));
  const condition = native ? `NOT NULL ${quoteIdentifier(column)}` : `CHECK (${quoteIdentifier(column)} IS NOT NULL)`;
  const drop = quickBack(`drop constraint ${check}`, `${alter(table)} DROP CONSTRAINT IF EXISTS ${check}`);
  const add = quick(
    'require',
    `${label}, for new rows`,
    [`${alter(table)} ADD CONSTRAINT ${check} ${condition} NOT VALID`],
    [drop],
  );
  const proof = { ...validate(table, native ? name : impliedName(table.name, [column], 'check')), name: 'prove' };
  if (native) return [add, proof];
  return [add, proof, quick('set', label, [set, `${alter(table)} DROP CONSTRAINT ${check}`], [unset])];
}

/** NULLs may have come since: the way back asks for it again in the same careful way, under its old name. */
export function dropNotNull(table: Relation, column: string, at: FormContext): readonly Piece[] {
  const sql = `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} DROP NOT NULL`;
  const named = table.constraints.find(({ kind, columns }) => kind === 'not null' && columns[0] === column);
  const again =
    named === undefined
      ? `${alter(table)} ALTER COLUMN ${quoteIdentifier(column)} SET NOT NULL`
      : `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(named.name)} ${named.definition}`;
  const back = asWayBack(at.expand([again], at.after([sql])));
  return [quick('unset', `let ${column} of ${relationKey(table)} be null`, [sql], back)];
}

export function dropConstraint(table: Relation, name: string, missingOk: boolean, at: FormContext): readonly Piece[] {
  const constraint = table.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) {
    const detail = `${relationKey(table)} has no constraint \`${name}\`.`;
    if (missingOk) at.note(detail);
    else at.refuse('LS6204', detail, 'name a constraint that is there');
    return [];
  }
  const sql = dropText(table, name);
  const again = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} ${constraint.definition}`;
  const back = makeAgainOnline(
    { kind: 'table constraint', name: [table.schema, table.name, name] },
    at,
    table.kind === 'partitioned table',
    () => asWayBack(at.expand([again], at.after([sql]))),
  );
  return [quick('drop', `drop constraint ${name} of ${relationKey(table)}`, [sql], back)];
}

export function validateConstraint(table: Relation, name: string, at: FormContext): readonly Piece[] {
  const constraint = table.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) {
    at.refuse('LS6204', `${relationKey(table)} has no constraint \`${name}\`.`, 'name a constraint that is there');
    return [];
  }
  if (constraint.validated) {
    at.note(`\`${name}\` of ${relationKey(table)} is valid.`);
    return [];
  }
  // The definition of one that is not valid says NOT VALID.
  const again = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} ${constraint.definition}`;
  const back = [quickBack(`make ${name} not valid again`, dropText(table, name), again)];
  return [{ ...validate(table, name), back: at.isNew(table) ? { goesWith: 'its table' } : back }];
}

/** `ALTER TABLE name`. */
export function alter(table: Relation): string {
  return `ALTER TABLE ${relationKey(table)}`;
}

function dropText(table: Relation, name: string): string {
  return `${alter(table)} DROP CONSTRAINT ${quoteIdentifier(name)}`;
}

export function constraintNode(command: FieldsOf<'AlterTableCmd'>): ConstraintNode {
  return nodeAs(command.def, 'Constraint')!;
}
