/**
 * What a definition changes, as small facts that the catalog applies to a snapshot. Owns what the text says, names as
 * written; finding the relations that they mean, and the names that are taken, belongs to `catalog`.
 */
import { alterTableEffects } from './alter-table-effects.js';
import { commandTag } from './command-tag.js';
import type { Node, ParsedStatement } from './grammar.js';
import { distinctColumns, impliedName, type ImpliedFrom } from './implied-name.js';
import { renameEffects } from './rename-effects.js';
import type { NameParts } from './identifier.js';
import { altered, changed, made, OBJECT_EFFECTS, type ObjectEffect } from './object-effects.js';
import { objectFact } from './object-fact.js';
import { tableEffects, type ColumnFact, type ConstraintFact } from './table-elements.js';
import {
  fieldsOf,
  kindOf,
  nodeAs,
  relationParts,
  stringOf,
  stringsOf,
  type FieldsOf,
  type NodeKind,
} from './tree-walk.js';

export type DdlEffect =
  | { readonly kind: 'schema created' | 'schema dropped'; readonly schema: string }
  | {
      readonly kind: 'relation created';
      readonly relation: NameParts;
      readonly relationKind: 'table' | 'partitioned table' | 'sequence';
      readonly persistence: 'permanent' | 'unlogged' | 'temporary';
      readonly columns: readonly ColumnFact[];
    }
  /** With the columns of its parent. */
  | {
      readonly kind: 'partition created';
      readonly relation: NameParts;
      readonly parent: NameParts;
      readonly relationKind: 'table' | 'partitioned table';
    }
  /** It is there afterwards; its columns the text does not say: a view, AS, LIKE, INHERITS. */
  | {
      readonly kind: 'relation declared';
      readonly relation: NameParts;
      /** Absent: a table. */
      readonly relationKind?: 'view' | 'materialized view';
      /** OR REPLACE: where it is there, it may have more columns now. */
      readonly replaces?: true;
    }
  | { readonly kind: 'relation dropped'; readonly relation: NameParts }
  | { readonly kind: 'relation renamed'; readonly relation: NameParts; readonly to: NameParts }
  | { readonly kind: 'column added'; readonly relation: NameParts; readonly column: ColumnFact }
  | { readonly kind: 'column dropped'; readonly relation: NameParts; readonly column: string }
  | { readonly kind: 'column renamed'; readonly relation: NameParts; readonly column: string; readonly to: string }
  | ({ readonly kind: 'column changed'; readonly relation: NameParts; readonly column: string } & ColumnChangeFact)
  | { readonly kind: 'index added'; readonly relation: NameParts; readonly index: IndexFact }
  | { readonly kind: 'index dropped'; readonly index: NameParts }
  | { readonly kind: 'index renamed'; readonly index: NameParts; readonly to: string }
  | { readonly kind: 'constraint added'; readonly relation: NameParts; readonly constraint: ConstraintFact }
  | {
      readonly kind: 'constraint dropped' | 'constraint validated';
      readonly relation: NameParts;
      readonly constraint: string;
    }
  | {
      readonly kind: 'constraint renamed';
      readonly relation: NameParts;
      readonly constraint: string;
      readonly to: string;
    }
  | { readonly kind: 'type created' | 'type dropped'; readonly type: NameParts }
  | ObjectEffect
  /** It changes the catalog in a way that these facts do not describe. `name`: `CREATE FUNCTION`, `ALTER TABLE … OWNER`. */
  | { readonly kind: 'opaque'; readonly name: string };

export interface ColumnChangeFact {
  readonly type?: string;
  readonly notNull?: boolean;
  /** SQL text; null takes the default, or the generation expression, away. */
  readonly default?: string | null;
  readonly identity?: ColumnFact['identity'];
  readonly generated?: ColumnFact['generated'];
}

export interface IndexFact {
  readonly name: string;
  /** No name was given: where this one is taken, the server appends a number. */
  readonly impliedName: boolean;
  readonly impliedFrom: ImpliedFrom;
  /** ON ONLY: not on the partitions. */
  readonly only: boolean;
  readonly unique: boolean;
  readonly method: string;
  /** Key columns in order; an expression is undefined. */
  readonly keys: readonly (string | undefined)[];
  readonly partial: boolean;
  readonly nullsNotDistinct: boolean;
  /** The statement. */
  readonly definition: string;
}

/** In the order in which they happen. Nothing where a statement leaves the catalog as it was. */
export function ddlEffectsOf(statement: ParsedStatement): readonly DdlEffect[] {
  const [kind, fields] = [kindOf(statement.node), fieldsOf(statement.node)];
  if (WITHOUT_EFFECT.has(kind)) return [];
  const read = EFFECTS[kind as keyof Readers] as ((fields: unknown, at: ParsedStatement) => Effects) | undefined;
  const effects = read?.(fields, statement) ?? [opaque(commandTag(kind, fields))];
  return effects.map((effect) =>
    effect.kind === 'object changed' || effect.kind === 'object altered' ? { ...effect, by: statement.text } : effect,
  );
}

type Effects = readonly DdlEffect[];
type Readers = { readonly [K in NodeKind]?: (fields: FieldsOf<K>, statement: ParsedStatement) => Effects };

const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  ...['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'TruncateStmt', 'CopyStmt', 'LockStmt'],
  ...['VacuumStmt', 'ReindexStmt', 'ClusterStmt', 'RefreshMatViewStmt'],
  ...['VariableSetStmt', 'VariableShowStmt', 'ConstraintsSetStmt', 'ExplainStmt', 'NotifyStmt'],
]);

/** How to make an object again comes first: the effect that makes its relation or type leaves it as it is then. */
const EFFECTS: Readers = {
  ...OBJECT_EFFECTS,
  CreateSchemaStmt: (create) => {
    if ((create.schemaElts ?? []).length > 0) return [opaque('CREATE SCHEMA with objects inside')];
    return [{ kind: 'schema created', schema: create.schemaname ?? create.authrole?.rolename ?? '' }];
  },
  CreateStmt: tableEffects,
  SelectStmt: ({ intoClause: into }) =>
    into === undefined ? [] : [{ kind: 'relation declared', relation: relationParts(into.rel!) }],
  CreateTableAsStmt: (create, statement) => {
    const relation = relationParts(create.into!.rel!);
    if (create.objtype !== 'OBJECT_MATVIEW') return [{ kind: 'relation declared', relation }];
    return [
      ...made({ kind: 'materialized view', name: relation }, statement, { of: relation }),
      { kind: 'relation declared', relation, relationKind: 'materialized view' },
    ];
  },
  ViewStmt: (view, statement) => {
    const relation = relationParts(view.view!);
    const replaces = view.replace === true;
    return [
      ...made({ kind: 'view', name: relation }, statement, { of: relation, replaces }),
      { kind: 'relation declared', relation, relationKind: 'view', ...(replaces && { replaces }) },
    ];
  },
  CreateSeqStmt: (create, statement) => {
    const relation = relationParts(create.sequence!);
    return [
      ...made({ kind: 'sequence', name: relation }, statement, { of: relation }),
      { kind: 'relation created', relation, relationKind: 'sequence', persistence: 'permanent', columns: [] },
    ];
  },
  IndexStmt: (index, statement) => [
    { kind: 'index added', relation: relationParts(index.relation!), index: indexFact(index, statement) },
  ],
  AlterTableStmt: (alter, statement) => [
    ...alterTableEffects(alter, statement),
    // What is altered of an index or a view is a part of how to make it again; attributes of a type come and go.
    ...(alter.objtype === 'OBJECT_TABLE' || alter.objtype === 'OBJECT_FOREIGN_TABLE'
      ? []
      : (alter.objtype === 'OBJECT_TYPE' ? changed : altered)(
          objectFact(alter.objtype, { List: { items: relationParts(alter.relation!).map(stringNode) } }),
        )),
  ],
  RenameStmt: renameEffects,
  AlterObjectSchemaStmt: (alter) => {
    if (alter.relation === undefined) {
      const object = objectFact(alter.objectType, alter.object);
      if (object === undefined) return [opaque(commandTag('AlterObjectSchemaStmt', { ...alter }))];
      return [{ kind: 'object renamed', object, to: [alter.newschema!, object.name.at(-1)!] }];
    }
    const relation = relationParts(alter.relation);
    return [{ kind: 'relation renamed', relation, to: [alter.newschema!, relation.at(-1)!] }];
  },
  CreateEnumStmt: (create, statement) => typeCreated(stringsOf(create.typeName), statement),
  CreateRangeStmt: (create, statement) => typeCreated(stringsOf(create.typeName), statement),
  CreateDomainStmt: (create, statement) => typeCreated(stringsOf(create.domainname), statement),
  CompositeTypeStmt: (create, statement) => typeCreated(relationParts(create.typevar!), statement),
  DropStmt: (drop) => (drop.objects ?? []).map((object) => droppedEffect(drop, object)),
};

function stringNode(sval: string): Node {
  return { String: { sval } };
}

function typeCreated(type: NameParts, statement: ParsedStatement): readonly DdlEffect[] {
  return [...made({ kind: 'type', name: type }, statement), { kind: 'type created', type }];
}

function droppedEffect(drop: FieldsOf<'DropStmt'>, object: Node): DdlEffect {
  const parts = stringsOf(nodeAs(object, 'List')?.items);
  switch (drop.removeType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
    case 'OBJECT_FOREIGN_TABLE':
      return { kind: 'relation dropped', relation: parts };
    case 'OBJECT_INDEX':
      return { kind: 'index dropped', index: parts };
    case 'OBJECT_SCHEMA':
      return { kind: 'schema dropped', schema: stringOf(object) ?? '' };
    case 'OBJECT_EXTENSION':
      return { kind: 'extension dropped', extension: stringOf(object) ?? '' };
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN':
      return { kind: 'type dropped', type: stringsOf(nodeAs(object, 'TypeName')?.names) };
    case 'OBJECT_TRIGGER':
      return { kind: 'trigger dropped', relation: parts.slice(0, -1), trigger: parts.at(-1)! };
    default: {
      const fact = objectFact(drop.removeType, object);
      if (fact === undefined) return opaque(commandTag('DropStmt', { ...drop }));
      const isRoutine = fact.kind === 'function' || fact.kind === 'procedure' || fact.kind === 'aggregate';
      return { kind: isRoutine ? 'function dropped' : 'object dropped', object: fact };
    }
  }
}

function indexFact(index: FieldsOf<'IndexStmt'>, statement: ParsedStatement): IndexFact {
  const elements = (index.indexParams ?? []).map((node) => nodeAs(node, 'IndexElem')!);
  const included = (index.indexIncludingParams ?? []).map((node) => nodeAs(node, 'IndexElem')!);
  const called = distinctColumns(
    [...elements, ...included].map((element) => element.name ?? nameOfExpression(element.expr)),
  );
  return {
    name: index.idxname ?? impliedName(index.relation!.relname!, called, 'idx'),
    impliedName: index.idxname === undefined,
    impliedFrom: { table: index.relation!.relname!, columns: called, label: 'idx' },
    only: index.relation!.inh !== true,
    unique: index.unique === true,
    method: index.accessMethod ?? 'btree',
    keys: elements.map((element) => element.name),
    partial: index.whereClause !== undefined,
    nullsNotDistinct: index.nulls_not_distinct === true,
    definition: statement.text,
  };
}

/** What the server calls an expression in the name of an index. */
function nameOfExpression(expression: Node | undefined): string {
  let inner = expression;
  for (let cast = nodeAs(inner, 'TypeCast'); cast !== undefined; cast = nodeAs(inner, 'TypeCast')) inner = cast.arg;
  const named = nodeAs(inner, 'FuncCall')?.funcname ?? nodeAs(inner, 'ColumnRef')?.fields;
  return stringsOf(named).at(-1) ?? (nodeAs(inner, 'CoalesceExpr') === undefined ? 'expr' : 'coalesce');
}

function opaque(name: string): DdlEffect {
  return { kind: 'opaque', name };
}
