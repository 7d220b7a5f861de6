/**
 * What definitions and maintenance commands touch. Lock modes after the PostgreSQL documentation, "Explicit Locking" and
 * the page of each command; ALTER TABLE, which has many, in `alter-table-locks.ts`. Long, because it is one
 * entry per statement, and the next reader looks for one of them.
 */
import { alterTableLock } from './alter-table-locks.js';
import { objectWords } from './command-tag.js';
import type { Node } from './grammar.js';
import type { NameParts } from './identifier.js';
import { strongerLock, type LockMode } from './lock-mode.js';
import type { Handlers, TouchSink } from './touch-sink.js';
import { nodeAs, relationParts, stringOf, stringsOf, type FieldsOf } from './tree-walk.js';

export const DDL_STATEMENTS: Handlers = {
  CreateSchemaStmt: (create, sink) => {
    sink.create('schema', [create.schemaname ?? create.authrole?.rolename ?? '']);
    // Their unqualified names would belong to the new schema, not to the search path.
    if ((create.schemaElts ?? []).length > 0) sink.opaque('it creates objects inside of CREATE SCHEMA');
  },
  CreateStmt: (create, sink) => {
    createRelation('table', create.relation!, sink);
    const mode = create.partbound === undefined ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
    for (const node of create.inhRelations ?? []) sink.write(nodeAs(node, 'RangeVar'), mode);
  },
  // In CREATE TABLE, ADD COLUMN and ADD CONSTRAINT alike: the referenced table gets triggers.
  Constraint: (constraint, sink) => sink.write(constraint.pktable, 'SHARE ROW EXCLUSIVE'),
  CreateTableAsStmt: (create, sink) => {
    createRelation(create.objtype === 'OBJECT_MATVIEW' ? 'materialized view' : 'table', create.into!.rel!, sink);
  },
  ViewStmt: (view, sink) => {
    createRelation('view', view.view!, sink);
    if (view.replace === true) sink.write(view.view, 'ACCESS EXCLUSIVE');
  },
  IndexStmt: (index, sink) => {
    sink.write(index.relation, index.concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE');
    if (index.concurrent === true) sink.nonTransactional();
    if (index.idxname !== undefined) sink.create('index', [...schemaOf(index.relation!), index.idxname]);
  },
  CreateSeqStmt: (create, sink) => {
    createRelation('sequence', create.sequence!, sink);
    ownedBy(create.options, sink);
  },
  AlterSeqStmt: (alter, sink) => {
    sink.write(alter.sequence, 'SHARE ROW EXCLUSIVE');
    ownedBy(alter.options, sink);
  },
  CreateTrigStmt: (create, sink) => {
    sink.write(create.relation, 'SHARE ROW EXCLUSIVE');
    sink.create('trigger', [...relationParts(create.relation!), create.trigname!]);
  },
  RuleStmt: (rule, sink) => sink.write(rule.relation, 'ACCESS EXCLUSIVE'),
  CreatePolicyStmt: (policy, sink) => sink.write(policy.table, 'ACCESS EXCLUSIVE'),
  AlterPolicyStmt: (policy, sink) => sink.write(policy.table, 'ACCESS EXCLUSIVE'),
  CreateStatsStmt: (statistics, sink) => {
    for (const node of statistics.relations ?? []) sink.write(nodeAs(node, 'RangeVar'), 'SHARE UPDATE EXCLUSIVE');
  },
  PublicationObjSpec: (object, sink) => sink.write(object.pubtable?.relation, 'SHARE UPDATE EXCLUSIVE'),
  CreatePublicationStmt: () => undefined,
  AlterPublicationStmt: () => undefined,

  CreateEnumStmt: (create, sink) => sink.create('type', stringsOf(create.typeName)),
  CreateRangeStmt: (create, sink) => sink.create('type', stringsOf(create.typeName)),
  CreateDomainStmt: (create, sink) => sink.create('type', stringsOf(create.domainname)),
  CompositeTypeStmt: (create, sink) => {
    sink.claim(create.typevar);
    sink.create('type', relationParts(create.typevar!));
  },
  // ADD VALUE: allowed in a transaction, but the value cannot be used before COMMIT.
  AlterEnumStmt: () => undefined,
  CreateFunctionStmt: (create, sink) => {
    sink.create(create.is_procedure === true ? 'procedure' : 'function', stringsOf(create.funcname));
  },
  AlterFunctionStmt: (alter, sink) => sink.write(stringsOf(alter.func?.objname), null),

  AlterTableStmt: (alter, sink) => {
    const commands = (alter.cmds ?? []).map((node) => nodeAs(node, 'AlterTableCmd')!);
    const mode = commands.map(alterTableLock).reduce(strongerLock, 'ACCESS SHARE');
    if (alter.objtype !== 'OBJECT_INDEX') sink.write(alter.relation, mode);
    else {
      sink.claim(alter.relation);
      const attached = nodeAs(commands[0]?.def, 'PartitionCmd')?.name;
      sink.index(relationParts(alter.relation!), mode, attached === undefined ? null : 'ACCESS SHARE');
      if (attached !== undefined) {
        sink.claim(attached);
        sink.index(relationParts(attached), 'ACCESS EXCLUSIVE', 'ACCESS SHARE');
        return;
      }
    }
    for (const command of commands) alsoAltered(command, sink);
  },
  RenameStmt: (rename, sink) => {
    if (rename.renameType === 'OBJECT_INDEX') {
      sink.claim(rename.relation);
      sink.index(relationParts(rename.relation!), 'SHARE UPDATE EXCLUSIVE', null);
    } else sink.write(rename.relation, 'ACCESS EXCLUSIVE');
    const type = rename.renameType!;
    const name = rename.relation === undefined ? objectName(rename.object) : relationParts(rename.relation);
    if (RELATIONS.has(type) || type === 'OBJECT_INDEX')
      moved(type, name, [...name.slice(0, -1), rename.newname!], sink);
    else if (type === 'OBJECT_SCHEMA') moved(type, [rename.subname!], [rename.newname!], sink);
    else if (rename.relation === undefined) moved(type, name, [...name.slice(0, -1), rename.newname!], sink);
  },
  AlterObjectSchemaStmt: (alter, sink) => {
    sink.write(alter.relation, 'ACCESS EXCLUSIVE');
    const name = alter.relation === undefined ? objectName(alter.object) : relationParts(alter.relation);
    moved(alter.objectType!, name, [alter.newschema!, ...name.slice(-1)], sink);
  },
  AlterOwnerStmt: (alter, sink) => {
    if (alter.relation !== undefined) sink.write(alter.relation, 'ACCESS EXCLUSIVE');
    // A function is a part of the tables whose triggers call it.
    else if (ROUTINES.has(alter.objectType!)) sink.write(objectName(alter.object), null);
  },
  DropStmt: (drop, sink) => {
    if (drop.behavior === 'DROP_CASCADE') sink.cascades();
    if (drop.concurrent === true) sink.nonTransactional();
    for (const object of drop.objects ?? []) dropped(drop, objectName(object), sink);
  },
  CommentStmt: (comment, sink) => {
    const name = objectName(comment.object);
    if (RELATIONS.has(comment.objtype!)) sink.write(name, 'SHARE UPDATE EXCLUSIVE');
    else if (comment.objtype === 'OBJECT_COLUMN') sink.write(name.slice(0, -1), 'SHARE UPDATE EXCLUSIVE');
    else if (comment.objtype === 'OBJECT_INDEX') sink.index(name, 'SHARE UPDATE EXCLUSIVE', null);
    else if (PARTS_OF_RELATIONS.has(comment.objtype!)) sink.write(name.slice(0, -1), 'ACCESS SHARE');
    else if (comment.objtype === 'OBJECT_STATISTIC_EXT') sink.write(name, null);
  },
  GrantStmt: (grant, sink) => {
    if (grant.targtype === 'ACL_TARGET_ALL_IN_SCHEMA') sink.opaque('it changes privileges of all objects in a schema');
    // No conflict with anybody's rows; but the privileges are part of the relation's shape.
    for (const object of grant.objects ?? []) {
      sink.write(nodeAs(object, 'RangeVar'), null);
      sink.write(stringsOf(nodeAs(object, 'ObjectWithArgs')?.objname), null);
    }
  },

  RefreshMatViewStmt: (refresh, sink) => {
    sink.write(refresh.relation, refresh.concurrent === true ? 'EXCLUSIVE' : 'ACCESS EXCLUSIVE');
  },
  VacuumStmt: (vacuum, sink) => {
    if (vacuum.is_vacuumcmd === true) sink.nonTransactional();
    if ((vacuum.rels ?? []).length === 0) sink.opaque('it goes through every table of the database');
    const mode = isOn(vacuum.options, 'full') ? 'ACCESS EXCLUSIVE' : 'SHARE UPDATE EXCLUSIVE';
    for (const node of vacuum.rels ?? []) sink.write(nodeAs(node, 'VacuumRelation')?.relation, mode);
  },
  ClusterStmt: (cluster, sink) => {
    sink.write(cluster.relation, 'ACCESS EXCLUSIVE');
    if (cluster.relation !== undefined) return;
    sink.nonTransactional();
    sink.opaque('it rewrites every table that was clustered before');
  },
  ReindexStmt: (reindex, sink) => {
    const concurrently = isOn(reindex.params, 'concurrently');
    const [indexMode, tableMode]: [LockMode, LockMode] = concurrently
      ? ['SHARE UPDATE EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE']
      : ['ACCESS EXCLUSIVE', 'SHARE'];
    if (concurrently || reindex.relation === undefined) sink.nonTransactional();
    if (reindex.relation === undefined) sink.opaque('it rebuilds the indexes of many tables');
    else if (reindex.kind === 'REINDEX_OBJECT_TABLE') sink.write(reindex.relation, tableMode);
    else {
      sink.claim(reindex.relation);
      sink.index(relationParts(reindex.relation), indexMode, tableMode);
    }
  },
  CreatedbStmt: (_, sink) => outsideTransactions('it creates a database', sink),
  DropdbStmt: (_, sink) => outsideTransactions('it drops a database', sink),
  CreateTableSpaceStmt: (_, sink) => outsideTransactions('it creates a tablespace', sink),
  DropTableSpaceStmt: (_, sink) => outsideTransactions('it drops a tablespace', sink),
  AlterSystemStmt: (_, sink) => outsideTransactions('it changes the configuration of the server', sink),
  CreateSubscriptionStmt: (_, sink) => outsideTransactions('it creates a subscription', sink),
  AlterSubscriptionStmt: (_, sink) => outsideTransactions('it changes a subscription', sink),
  DropSubscriptionStmt: (_, sink) => outsideTransactions('it drops a subscription', sink),
};

type ObjectType = NonNullable<FieldsOf<'DropStmt'>['removeType']>;

const RELATIONS: ReadonlySet<ObjectType> = new Set<ObjectType>([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_FOREIGN_TABLE',
]);

/** Named by their relation and a part of their own. */
const PARTS_OF_RELATIONS: ReadonlySet<ObjectType> = new Set<ObjectType>([
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
]);

const ROUTINES: ReadonlySet<ObjectType> = new Set<ObjectType>([
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
]);

function createRelation(object: string, relation: FieldsOf<'RangeVar'>, sink: TouchSink): void {
  sink.write(relation, null);
  sink.create(object, relationParts(relation));
}

function moved(type: ObjectType, from: NameParts, to: NameParts, sink: TouchSink): void {
  const object = objectWords(type).toLowerCase();
  sink.drop(object, from);
  sink.create(object, to);
  // Whoever used the new name before meets another relation behind it.
  if (RELATIONS.has(type)) sink.write(to, null);
}

function dropped(drop: FieldsOf<'DropStmt'>, name: NameParts, sink: TouchSink): void {
  const type = drop.removeType!;
  const mode = drop.concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
  if (RELATIONS.has(type)) sink.write(name, mode);
  else if (type === 'OBJECT_INDEX') sink.index(name, mode, mode);
  else if (PARTS_OF_RELATIONS.has(type)) sink.write(name.slice(0, -1), mode);
  else if (type === 'OBJECT_EXTENSION') sink.opaque('it drops what belongs to an extension');
  sink.drop(objectWords(type).toLowerCase(), name);
}

/** What a form of ALTER TABLE touches beside its own table; foreign keys are seen to by `Constraint`. */
function alsoAltered(command: FieldsOf<'AlterTableCmd'>, sink: TouchSink): void {
  if (command.behavior === 'DROP_CASCADE') sink.cascades();
  const partition = nodeAs(command.def, 'PartitionCmd');
  sink.write(partition?.name, 'ACCESS EXCLUSIVE');
  if (partition?.concurrent === true) sink.nonTransactional();
  const parent = nodeAs(command.def, 'RangeVar');
  if (command.subtype === 'AT_AddInherit') sink.write(parent, 'SHARE UPDATE EXCLUSIVE');
  if (command.subtype === 'AT_DropInherit') sink.write(parent, 'ACCESS SHARE');
}

function ownedBy(options: readonly Node[] | undefined, sink: TouchSink): void {
  for (const node of options ?? []) {
    const option = nodeAs(node, 'DefElem');
    const table = option?.defname === 'owned_by' ? objectName(option.arg).slice(0, -1) : [];
    // OWNED BY NONE has one part, and no table.
    if (table.length > 0) sink.write(table, 'ACCESS SHARE');
  }
}

function outsideTransactions(reason: string, sink: TouchSink): void {
  sink.nonTransactional();
  sink.opaque(reason);
}

/** Objects are named by a list, a single string, a type, or a function with its arguments. */
function objectName(object: Node | undefined): NameParts {
  if (object === undefined) return [];
  const single = stringOf(object);
  if (single !== undefined) return [single];
  const list = nodeAs(object, 'List')?.items ?? nodeAs(object, 'TypeName')?.names;
  return stringsOf(list ?? nodeAs(object, 'ObjectWithArgs')?.objname);
}

function schemaOf(relation: FieldsOf<'RangeVar'>): NameParts {
  return relationParts(relation).slice(0, -1);
}

/** `FULL`, `(FULL)`, `(FULL true)`, `(FULL on)`, `(FULL 1)`. */
function isOn(options: readonly Node[] | undefined, name: string): boolean {
  const option = (options ?? []).map((node) => nodeAs(node, 'DefElem')).find((given) => given?.defname === name);
  if (option === undefined) return false;
  const text = option.arg && stringOf(option.arg)?.toLowerCase();
  const number = nodeAs(option.arg, 'Integer');
  // The tree leaves out numbers that are 0.
  return text !== 'false' && text !== 'off' && (number === undefined || (number.ival ?? 0) !== 0);
}
