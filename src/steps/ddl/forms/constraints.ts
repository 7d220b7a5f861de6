/**
 * Constraints. Foreign key and check come NOT VALID, which looks at no row, and are validated in a transaction of their
 * own, beside readers and writers (SHARE UPDATE EXCLUSIVE). A key gets its index concurrently first.
 */
import type { Constraint, Relation } from '../../../catalog/catalog-snapshot.js';
import { freeName } from '../../../catalog/free-name.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { nodeAs, type FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type FormContext, type Piece, type PieceHazard } from '../piece.js';
import { alter, dropText } from './alter-text.js';
import { againOnPartitions, keyByIndex, takeIndex } from './keys.js';
import { isNotNull, requireNotNull } from './not-null.js';
import { makeAgainOnline } from './remake.js';
import { validate } from './validate.js';

type ConstraintNode = FieldsOf<'Constraint'>;

export function addConstraint(table: Relation, node: ConstraintNode, at: FormContext): readonly Piece[] {
  const added = at.effects.find((effect) => effect.kind === 'constraint added');
  if (added === undefined) return [];
  const { constraint } = added;
  const { name } = constraint;
  if (constraint.kind === 'not null' && node.conname === undefined && isNotNull(table, constraint)) {
    at.note(`\`${constraint.columns[0]!}\` of ${relationKey(table)} is NOT NULL.`);
    return [];
  }
  if (table.constraints.some((existing) => existing.name === name)) {
    at.refuse('LS6204', `${relationKey(table)} has a constraint \`${name}\` already.`, 'name it otherwise');
    return [];
  }
  const { definition } = constraint;
  const add = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`;
  // With that of the table above, which took it in, it has gone already.
  const thereStill = table.partition && constraint.kind === 'foreign key' ? 'IF EXISTS ' : '';
  const drop = quickBack(
    `drop constraint ${name}`,
    `${alter(table)} DROP CONSTRAINT ${thereStill}${quoteIdentifier(name)}`,
  );
  const label = `add constraint ${name} to ${relationKey(table)}`;
  const whole = (hazards: readonly PieceHazard[] = []): readonly Piece[] => [
    { ...quick('add', label, [add], [drop]), hazards },
  ];
  if (constraint.kind === 'not null' && constraint.validated)
    return requireNotNull(table, constraint.columns[0]!, at, name);
  if (node.indexname !== undefined) return takeIndex(table, node, constraint, at);
  if (at.isNew(table) || node.skip_validation === true || node.is_enforced === false) return whole();
  switch (constraint.kind) {
    case 'foreign key':
      if (table.kind === 'partitioned table' && at.catalog.server.versionNum < 180_000)
        return byPartition(table, constraint, whole(), at);
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

/**
 * Before server 18 a partitioned table refuses a foreign key that is NOT VALID. Where each partition has it, valid, the
 * table's own attaches them and looks at no row (measured).
 */
function byPartition(table: Relation, added: Constraint, whole: readonly Piece[], at: FormContext): readonly Piece[] {
  const { name, columns, definition } = added;
  const without = leavesOf(table, at).filter(({ constraints }) => !constraints.some((own) => isTakenIn(own, added)));
  const each = without.flatMap((partition, index) => {
    // As the server does where the name is taken.
    const from = { table: partition.name, columns, label: 'fkey' } as const;
    const taken = partition.constraints.some((existing) => existing.name === name);
    const own = taken ? freeName(at.catalog, partition.schema, from, 'constraint') : name;
    const add = `${alter(partition)} ADD CONSTRAINT ${quoteIdentifier(own)} ${definition}`;
    const label = `add constraint ${own} to ${relationKey(partition)}`;
    return notValidFirst(partition, own, add, label).map((piece) => ({
      ...piece,
      name: `${piece.name}-${index + 1}`,
    }));
  });
  return [...each, ...whole];
}

/** A valid one of the same text, that is no part of another: the table's own takes it in as it is. */
function isTakenIn(own: Constraint, added: Constraint): boolean {
  const [text, wanted] = [own, added].map(({ definition }) => definition.replace(/ NOT VALID$/, ''));
  return own.kind === 'foreign key' && own.validated && own.partOf === undefined && text === wanted;
}

function leavesOf(table: Relation, at: FormContext): readonly Relation[] {
  return Object.values(at.catalog.relations)
    .filter((other) => other.partition && other.parent?.schema === table.schema && other.parent.name === table.name)
    .flatMap((child) => (child.kind === 'partitioned table' ? leavesOf(child, at) : [child]));
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
  const object = { kind: 'table constraint', name: [table.schema, table.name, name] } as const;
  const back = makeAgainOnline(object, at, () => againOnPartitions(table, constraint, at.after([sql]), at));
  return [quick('drop', `drop constraint ${name} of ${relationKey(table)}`, [sql], back)];
}

export function constraintNode(command: FieldsOf<'AlterTableCmd'>): ConstraintNode {
  return nodeAs(command.def, 'Constraint')!;
}
