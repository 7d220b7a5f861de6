/**
 * The locks that a definition takes beyond the relations that its text names: what only the catalog knows. A foreign key
 * has triggers on both its tables; a change of a partitioned table goes down to its partitions. Measured against
 * `pg_locks` on servers 15 and 18.
 */
import type { CatalogSnapshot, Constraint, RelationName } from '../catalog/catalog-snapshot.js';
import type { CatalogEffect } from '../catalog/effects.js';
import { resolveEffects } from '../catalog/resolve-effects.js';
import type { Scope } from '../catalog/scope.js';
import type { RelationLock } from '../operation/operation.js';
import { ddlEffectsOf } from '../sql/ddl-effects.js';
import type { ParsedStatement } from '../sql/grammar.js';
import { relationKey } from '../sql/identifier.js';
import { LOCK_MODES, type LockMode } from '../sql/lock-mode.js';
import { objectKey, type ObjectName } from '../sql/object-key.js';
import { nodeAs, type FieldsOf } from '../sql/tree-walk.js';

/** `named`: the locks that the text tells. */
export function catalogLocks(
  statement: ParsedStatement,
  named: readonly RelationLock[],
  { catalog, schema }: Pick<Scope, 'catalog' | 'schema'>,
): readonly RelationLock[] {
  const { effects } = resolveEffects(catalog, ddlEffectsOf(statement), schema);
  const referenced = effects.flatMap((effect) => locksOnReferenced(effect, catalog));
  const around = [
    ...referenced,
    ...effects.flatMap((effect) => locksAbove(effect, catalog)),
    ...locksOfObjects(statement, effects, catalog),
  ];
  if (!goesDown(statement)) return around;
  // Server 15 only builds the indexes of the partitions that a key needs.
  const onlyIndexes =
    catalog.server.versionNum < 160_000 &&
    effects.some((effect) => effect.kind === 'constraint added' && isKey(effect));
  const below = [...named, ...referenced].flatMap(({ relation, mode }) =>
    descendantsOf(relation, catalog).map((child) => ({ relation: child, mode: onlyIndexes ? 'SHARE' : mode }) as const),
  );
  return [...around, ...below];
}

/** Statistics name no table when they go; a constraint of a domain is held against every column of the domain. */
function locksOfObjects(
  { node }: ParsedStatement,
  effects: readonly CatalogEffect[],
  catalog: CatalogSnapshot,
): readonly RelationLock[] {
  const domain = nodeAs(node, 'AlterDomainStmt');
  const looks =
    domain?.subtype === 'V' ||
    domain?.subtype === 'O' ||
    (domain?.subtype === 'C' && nodeAs(domain.def, 'Constraint')?.skip_validation !== true);
  return effects.flatMap((effect): readonly RelationLock[] => {
    if (looks && 'object' in effect && effect.object.kind === 'type')
      return columnsOf(effect.object, catalog).map((relation) => ({ relation, mode: 'SHARE' }));
    // Since 18 nobody may drop what is being granted.
    if (
      effect.kind === 'object altered' &&
      nodeAs(node, 'GrantStmt') !== undefined &&
      catalog.server.versionNum >= 180_000
    )
      return partOf(effect.object, catalog).map((relation) => ({ relation, mode: 'ACCESS SHARE' }));
    if (effect.kind === 'object dropped' && effect.object.kind === 'statistics object')
      return partOf(effect.object, catalog).map((relation) => ({ relation, mode: 'SHARE UPDATE EXCLUSIVE' }));
    return [];
  });
}

function partOf(object: ObjectName, { objects }: CatalogSnapshot): readonly string[] {
  const relation = objects[objectKey(object)]?.partOf ?? null;
  return relation === null ? [] : [relation];
}

/** Tables with a column of that domain. */
function columnsOf({ name }: ObjectName, catalog: CatalogSnapshot): readonly string[] {
  const type = relationKey({ schema: name[0]!, name: name[1]! });
  return Object.entries(catalog.relations)
    .filter(([, { columns }]) => columns.some((column) => column.type === type || column.type === `${type}[]`))
    .map(([key]) => key);
}

function isKey({ constraint }: { readonly constraint: Constraint }): boolean {
  return constraint.kind === 'unique' || constraint.kind === 'primary key';
}

/** On the table that a partition belongs to. */
function locksAbove(effect: CatalogEffect, catalog: CatalogSnapshot): readonly RelationLock[] {
  if (effect.kind !== 'relation dropped') return [];
  const { partition = false, parent } = catalog.relations[relationKey(effect.relation)] ?? {};
  return partition && parent !== undefined ? [{ relation: relationKey(parent), mode: 'ACCESS EXCLUSIVE' }] : [];
}

function locksOnReferenced(effect: CatalogEffect, catalog: CatalogSnapshot): readonly RelationLock[] {
  const on = (of: RelationName, mode: LockMode, which: (name: string, columns: readonly string[]) => boolean) =>
    (catalog.relations[relationKey(of)]?.constraints ?? []).flatMap(({ name, columns, references }) =>
      references !== undefined && which(name, columns) ? [{ relation: relationKey(references.table), mode }] : [],
    );
  switch (effect.kind) {
    case 'relation dropped':
      return on(effect.relation, 'ACCESS EXCLUSIVE', () => true);
    case 'constraint added': {
      const { references, columns } = effect.constraint;
      // The partitions' own keys are taken in, and the triggers of each on the referenced table go.
      const taken = descendantsOf(relationKey(effect.relation), catalog).some((partition) =>
        catalog.relations[partition]!.constraints.some(
          (known) => known.kind === 'foreign key' && known.columns.join() === columns.join(),
        ),
      );
      return references !== undefined && taken
        ? [{ relation: relationKey(references.table), mode: 'ACCESS EXCLUSIVE' }]
        : [];
    }
    case 'column dropped':
      return on(effect.relation, 'ACCESS EXCLUSIVE', (_, columns) => columns.includes(effect.column));
    case 'constraint dropped':
      return on(effect.relation, 'ACCESS EXCLUSIVE', (name) => name === effect.constraint);
    case 'constraint validated':
      return on(effect.relation, 'ROW SHARE', (name) => name === effect.constraint);
    default:
      return [];
  }
}

type Command = NonNullable<FieldsOf<'AlterTableCmd'>['subtype']>;

/** Forms of ALTER TABLE that stay with the partitioned table itself. */
const STAYS: ReadonlySet<Command> = new Set<Command>([
  ...(['AT_ChangeOwner', 'AT_ReplicaIdentity', 'AT_ClusterOn', 'AT_DropCluster', 'AT_SetRelOptions'] as const),
  ...(['AT_ResetRelOptions', 'AT_EnableRowSecurity', 'AT_DisableRowSecurity', 'AT_ForceRowSecurity'] as const),
  ...(['AT_NoForceRowSecurity', 'AT_AttachPartition', 'AT_DetachPartition', 'AT_SetTableSpace'] as const),
]);

function goesDown({ node }: ParsedStatement): boolean {
  const alter = nodeAs(node, 'AlterTableStmt');
  if (alter !== undefined) {
    const commands = (alter.cmds ?? []).map((command) => nodeAs(command, 'AlterTableCmd')!.subtype!);
    return alter.relation?.inh === true && commands.some((command) => !STAYS.has(command));
  }
  const rename = nodeAs(node, 'RenameStmt');
  if (rename !== undefined)
    return rename.renameType === 'OBJECT_COLUMN' || rename.renameType === 'OBJECT_TABCONSTRAINT';
  const index = nodeAs(node, 'IndexStmt');
  if (index !== undefined) return index.relation?.inh === true;
  return nodeAs(node, 'DropStmt') !== undefined || nodeAs(node, 'CreateTrigStmt') !== undefined;
}

/** Partitions and what inherits, at any depth. */
export function descendantsOf(key: string, catalog: CatalogSnapshot): readonly string[] {
  const children = Object.values(catalog.relations).filter(
    ({ parent }) => parent !== undefined && relationKey(parent) === key,
  );
  return children.flatMap((child) => [relationKey(child), ...descendantsOf(relationKey(child), catalog)]);
}

/** The strongest of each relation, in the order of their names. */
export function strongestLocks(locks: readonly RelationLock[]): readonly RelationLock[] {
  const modes = new Map<string, LockMode>();
  for (const { relation, mode } of locks) {
    const held = modes.get(relation);
    if (held === undefined || LOCK_MODES.indexOf(mode) > LOCK_MODES.indexOf(held)) modes.set(relation, mode);
  }
  return [...modes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([relation, mode]) => ({ relation, mode }));
}
