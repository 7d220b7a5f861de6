/**
 * Walks a parse tree in the order of the text, knowing nothing of statements but where the names of common table
 * expressions hold. Owns reaching every node, however deep; what a node means belongs to the visitor.
 */
import type { Node, RangeVar } from './grammar.js';
import type { NameParts } from './identifier.js';

/** `SelectStmt`, `RangeVar`, `FuncCall`, … */
export type NodeKind = Node extends infer N ? (N extends unknown ? keyof N : never) : never;
export type FieldsOf<K extends NodeKind> = Extract<Node, Readonly<Record<K, unknown>>>[K];
export type AnyFields = Readonly<Record<string, unknown>>;

/** `ctes`: names that stand for a WITH query here and not for a relation. */
export type Visit = (kind: string, fields: AnyFields, ctes: ReadonlySet<string>) => void;

interface Place {
  readonly field: string;
  readonly value: unknown;
  readonly ctes: ReadonlySet<string>;
}

/** Keeps a stack of its own: a condition of ten thousand ORs is ten thousand levels deep. */
export function walkTree(root: unknown, visit: Visit): void {
  const stack: Place[] = [{ field: '', value: root, ctes: new Set() }];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const { field, value, ctes } = place;
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value.toReversed()) stack.push({ field, value: item, ctes });
      continue;
    }
    const [kind, fields] = identified(field, value as AnyFields);
    if (kind !== undefined) visit(kind, fields, ctes);
    stack.push(...childrenOf(fields, ctes).toReversed());
  }
}

/** The kind and the fields of a `Node`, which is an object with one member. */
export function kindOf(node: Node): string {
  return Object.keys(node)[0]!;
}

export function fieldsOf(node: Node): AnyFields {
  return Object.values(node)[0] as AnyFields;
}

/** The fields of a node when it is of that kind. */
export function nodeAs<K extends NodeKind>(node: Node | undefined, kind: K): FieldsOf<K> | undefined {
  return node === undefined ? undefined : (node as unknown as Readonly<Partial<Record<K, FieldsOf<K>>>>)[kind];
}

/** The text of a `String` node; the tree leaves out what is empty. */
export function stringOf(node: Node): string | undefined {
  const string = nodeAs(node, 'String');
  return string === undefined ? undefined : (string.sval ?? '');
}

export function stringsOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map(stringOf).filter((text) => text !== undefined);
}

export function relationParts(relation: RangeVar): NameParts {
  return [relation.catalogname, relation.schemaname, relation.relname].filter((part) => part !== undefined);
}

/** Members of a fixed type come without the wrapper that names their kind; these are the ones that matter. */
const KIND_BY_FIELD: ReadonlyMap<string, string> = new Map([
  ['larg', 'SelectStmt'],
  ['rarg', 'SelectStmt'],
  ['typeName', 'TypeName'],
  ['returnType', 'TypeName'],
  ['argType', 'TypeName'],
  ['over', 'WindowDef'],
]);

function identified(field: string, value: AnyFields): readonly [kind: string | undefined, fields: AnyFields] {
  const [only, ...others] = Object.keys(value);
  if (only !== undefined && others.length === 0 && /^[A-Z]/.test(only)) {
    const inner = value[only];
    if (typeof inner === 'object' && inner !== null) return [only, inner as AnyFields];
  }
  if ('relname' in value) return ['RangeVar', value];
  return [KIND_BY_FIELD.get(field), value];
}

/** A WITH holds for its whole statement; each of its queries sees those before it, or all of them when RECURSIVE. */
function childrenOf(fields: AnyFields, ctes: ReadonlySet<string>): Place[] {
  const withClause = fields.withClause as { readonly ctes?: readonly Node[]; readonly recursive?: boolean } | undefined;
  if (withClause === undefined) return Object.entries(fields).map(([field, value]) => ({ field, value, ctes }));

  const queries = (withClause.ctes ?? []).map((node) => ({
    node,
    name: nodeAs(node, 'CommonTableExpr')?.ctename ?? '',
  }));
  const all = new Set([...ctes, ...queries.map((query) => query.name)]);
  const before = new Set(ctes);
  const places = queries.map(({ node, name }): Place => {
    const place = { field: 'ctes', value: node, ctes: withClause.recursive === true ? all : new Set(before) };
    before.add(name);
    return place;
  });
  for (const [field, value] of Object.entries(fields))
    if (field !== 'withClause') places.push({ field, value, ctes: all });
  return places;
}
