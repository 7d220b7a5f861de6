/**
 * How statements name objects: the node behind a name, and the types of a function's arguments, as an object of a kind. Names
 * stay as written; the schema that they mean is for the catalog to say.
 */
import type { Node, TypeName } from './grammar.js';
import type { NameParts } from './identifier.js';
import type { ObjectKind } from './object-key.js';
import { nodeAs, relationParts, stringOf, stringsOf, type FieldsOf } from './tree-walk.js';
import { typeText } from './type-name.js';

export interface ObjectFact {
  readonly kind: ObjectKind;
  readonly name: NameParts;
  /** Of a function's arguments; absent where the statement leaves them out, because there is one of that name only. */
  readonly types?: readonly ArgumentType[];
}

export interface ArgumentType {
  /** As `format_type` prints it, but for the schema of somebody's own type. */
  readonly text: string;
  /** The name as written, where it is none of the grammar's own. */
  readonly name: NameParts;
}

export type ObjectType = NonNullable<FieldsOf<'DropStmt'>['removeType']>;

/** Relations and their columns have kinds of their own in the catalog: `table` stands for all of them here. */
const KINDS: Readonly<Partial<Record<ObjectType, ObjectKind>>> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized view',
  OBJECT_FOREIGN_TABLE: 'foreign table',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_INDEX: 'index',
  OBJECT_COLUMN: 'table column',
  OBJECT_TABCONSTRAINT: 'table constraint',
  OBJECT_DOMCONSTRAINT: 'domain constraint',
  OBJECT_TRIGGER: 'trigger',
  OBJECT_RULE: 'rule',
  OBJECT_POLICY: 'policy',
  OBJECT_STATISTIC_EXT: 'statistics object',
  OBJECT_FUNCTION: 'function',
  OBJECT_ROUTINE: 'function',
  OBJECT_PROCEDURE: 'procedure',
  OBJECT_AGGREGATE: 'aggregate',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
  OBJECT_SCHEMA: 'schema',
  OBJECT_EXTENSION: 'extension',
};

/** The object that COMMENT, DROP and the like name; undefined for a kind that is not followed. */
export function objectFact(type: ObjectType | undefined, object: Node | undefined): ObjectFact | undefined {
  const kind = type && KINDS[type];
  if (kind === undefined || object === undefined) return undefined;
  const routine = nodeAs(object, 'ObjectWithArgs');
  if (routine !== undefined) {
    const types = routine.args_unspecified === true ? undefined : argumentTypes(routine.objargs ?? []);
    return { kind, name: stringsOf(routine.objname), ...(types !== undefined && { types }) };
  }
  const single = stringOf(object);
  if (single !== undefined) return { kind, name: [single] };
  const typeName = nodeAs(object, 'TypeName');
  if (typeName !== undefined) return { kind, name: stringsOf(typeName.names) };
  const items = nodeAs(object, 'List')?.items ?? [];
  // A constraint of a domain: the domain as a type, then the name.
  const domain = nodeAs(items[0], 'TypeName');
  return { kind, name: [...stringsOf(domain?.names), ...stringsOf(items)] };
}

/** GRANT names relations as tables do, and everything else as DROP does. */
export function grantedFact(type: ObjectType | undefined, object: Node): ObjectFact | undefined {
  const relation = nodeAs(object, 'RangeVar');
  if (relation === undefined) return objectFact(type, object);
  return { kind: type === 'OBJECT_SEQUENCE' ? 'sequence' : 'table', name: relationParts(relation) };
}

function argumentTypes(nodes: readonly Node[]): readonly ArgumentType[] {
  return nodes.flatMap((node) => {
    const type = nodeAs(node, 'TypeName');
    return type === undefined ? [] : [argumentType(type)];
  });
}

/** Length and precision are no part of what a function is called by. */
export function argumentType(type: TypeName): ArgumentType {
  const { names, arrayBounds } = type;
  const text = typeText({ ...(names !== undefined && { names }), ...(arrayBounds !== undefined && { arrayBounds }) });
  return { text: text.replace(/^bpchar\b/, 'character'), name: stringsOf(names) };
}
