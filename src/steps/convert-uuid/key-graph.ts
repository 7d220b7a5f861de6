/**
 * Which columns a conversion takes along: everything that refers to the key by a foreign key, what refers to that, and what the
 * plan names besides. A column takes its value from one parent; by a breadth-first walk from the keys, so that no circle of
 * references waits for itself.
 */
import type { Constraint, Relation } from '../../catalog/catalog-snapshot.js';
import { columnAt, report, tableAt } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import type { LowerContext } from '../step-definition.js';
import { WINDOW_CODES } from '../window-codes.js';
import { CONVERT_CODES } from './codes.js';
import { nodeKey, type KeyNode, type Reference } from './key-node.js';
import { partsOf, wholeOf } from './partitions.js';
import type { ConvertUuidFields } from './schema.js';
import { softReferences } from './soft-references.js';

/** In the order of the walk: each behind what it refers to. Undefined where something was reported. */
export function keyGraphOf(fields: ConvertUuidFields, context: LowerContext): readonly KeyNode[] | undefined {
  const roots = rootsOf(fields, context);
  if (roots === undefined) return undefined;
  const nodes = new Map<string, KeyNode>(roots.map((root) => [nodeKey(root.relation, root.column.name), root]));
  const soft = softReferences(fields, roots, context);
  if (soft === undefined) return undefined;
  const queue = [...nodes.values()];
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    const parent = node;
    const found = [...declared(parent, context), ...soft.filter(({ from }) => refersTo(from!, parent))];
    for (const child of found) {
      const key = nodeKey(child.relation, child.column.name);
      if (nodes.has(key)) continue;
      nodes.set(key, child);
      queue.push(child);
    }
  }
  const found = withoutPartsOfOthers(nodes, context);
  const sound = refersOnlyToThese(found, context) && hasOneKeyEach(found, fields, context);
  return sound ? [...found.values()] : undefined;
}

/** What refers to the key in a partition by itself is converted with the column of the whole table, where that is. */
function withoutPartsOfOthers(
  nodes: ReadonlyMap<string, KeyNode>,
  { catalog }: LowerContext,
): ReadonlyMap<string, KeyNode> {
  return new Map(
    [...nodes].filter(
      ([, { relation, column }]) => !relation.partition || !nodes.has(nodeKey(wholeOf(relation, catalog), column.name)),
    ),
  );
}

/** Foreign keys whose parent column it is; those that a partition has from its table are its table's. */
export function declared({ relation, column }: KeyNode, { catalog }: LowerContext): readonly KeyNode[] {
  const parent = sqlName(relation);
  return Object.values(catalog.relations).flatMap((child) => {
    const table = child.partition ? catalog.relations[relationKey(child.parent!)] : undefined;
    return child.constraints.flatMap((constraint): readonly KeyNode[] => {
      const isPart = constraint.partOf !== undefined;
      if (isPart || table?.constraints.some(({ definition }) => definition === constraint.definition) === true)
        return [];
      const at = referencedAt(constraint, parent, column.name);
      const own = at === -1 ? undefined : child.columns.find(({ name }) => name === constraint.columns[at]);
      if (own === undefined) return [];
      const also = constraint.columns.flatMap((name, index) =>
        index === at ? [] : [{ own: name, parent: constraint.references!.columns[index]! }],
      );
      // With a part of it NULL a composite reference is not looked at, unless it says MATCH FULL.
      const whole = / MATCH FULL\b/.test(constraint.definition) || also.every((pair) => isNotNull(child, pair.own));
      const upheld = constraint.validated && whole;
      const from = { parent, parentColumn: column.name, also, where: null, upheld, by: constraint.name };
      return [{ relation: child, column: own, from }];
    });
  });
}

function isNotNull({ columns }: Relation, column: string): boolean {
  return columns.some(({ name, notNull }) => name === column && notNull);
}

function referencedAt({ kind, references }: Constraint, parent: string, column: string): number {
  if (kind !== 'foreign key' || references === undefined || relationKey(references.table) !== parent) return -1;
  return references.columns.indexOf(column);
}

function refersTo({ parent, parentColumn }: Reference, { relation, column }: KeyNode): boolean {
  return parent === sqlName(relation) && parentColumn === column.name;
}

function rootsOf(fields: ConvertUuidFields, context: LowerContext): readonly KeyNode[] | undefined {
  const named = fields.tables ?? [fields.table!];
  const roots = named.map((table, index): KeyNode | undefined => {
    const at = fields.tables === undefined ? [...context.path, 'table'] : [...context.path, 'tables', index];
    const relation = tableAt(context, table, at);
    if (relation === undefined) return undefined;
    const keys = relation.indexes.find(({ primary }) => primary)?.keys ?? [];
    if (fields.column === undefined && (keys.length !== 1 || keys[0] == null)) {
      const detail = `\`${sqlName(relation)}\` has ${keys.length === 0 ? 'no primary key' : `a primary key of ${keys.length} columns`}.`;
      report(context, CONVERT_CODES, 'LS6601', context.locate(at), { detail, help: 'name the column: `column: …`' });
      return undefined;
    }
    const column = columnAt(
      context,
      relation,
      fields.column ?? quoteIdentifier(keys[0]!),
      fields.column === undefined ? at : [...context.path, 'column'],
    );
    return column && { relation, column, from: null };
  });
  const found = roots.filter((root) => root !== undefined);
  return found.length < roots.length ? undefined : found;
}

/** With those that a partition has by itself. */
function constraintsOf(relation: Relation, { catalog }: LowerContext): readonly Constraint[] {
  const own = partsOf(relation, catalog).flatMap(({ constraints }) => constraints);
  return [...relation.constraints, ...own.filter(({ partOf }) => partOf === undefined)];
}

/** Both sides of a foreign key have one type: what a converted column refers to is converted too. */
function refersOnlyToThese(nodes: ReadonlyMap<string, KeyNode>, context: LowerContext): boolean {
  let sound = true;
  for (const { relation, column } of nodes.values()) {
    for (const { kind, name, columns, references } of constraintsOf(relation, context)) {
      const at = columns.indexOf(column.name);
      if (kind !== 'foreign key' || references === undefined || at === -1) continue;
      const parent = references.columns[at]!;
      if (nodes.has(nodeKey(references.table, parent))) continue;
      const to = `${relationKey(references.table)}.${parent}`;
      report(context, WINDOW_CODES, 'LS6610', context.locate(context.path), {
        detail: `\`${sqlName(relation)}.${column.name}\` refers to \`${to}\` by \`${name}\`, which has no new key.`,
        help: `convert \`${relationKey(references.table)}\`, or both in one step: \`tables: [${relationKey(references.table)}, …]\``,
      });
      sound = false;
    }
  }
  return sound;
}

/** What is made from chance is another one for each key: a column that refers to two of them would have to be both. */
function hasOneKeyEach(
  nodes: ReadonlyMap<string, KeyNode>,
  { value }: ConvertUuidFields,
  context: LowerContext,
): boolean {
  if (value === 'cast' || value === 'derived') return true;
  const rootOf = ({ relation, column, from }: KeyNode): string =>
    from === null ? nodeKey(relation, column.name) : rootOf(nodes.get(`${from.parent}/${from.parentColumn}`)!);
  let sound = true;
  for (const node of nodes.values()) {
    const { relation, column } = node;
    for (const { kind, columns, references } of constraintsOf(relation, context)) {
      const at = columns.indexOf(column.name);
      if (kind !== 'foreign key' || references === undefined || at === -1) continue;
      const parent = nodes.get(nodeKey(references.table, references.columns[at]!));
      if (parent === undefined || rootOf(parent) === rootOf(node)) continue;
      report(context, CONVERT_CODES, 'LS6602', context.locate(context.path), {
        detail: `\`${sqlName(relation)}.${column.name}\` would be \`${rootOf(node)}\` and \`${rootOf(parent)}\` at once, whose new keys are not the same.`,
        help:
          node.from === null
            ? `leave \`${sqlName(relation)}\` out: it is converted with what it refers to`
            : 'write `value: derived`, which gives the same old key the same new one',
      });
      sound = false;
    }
  }
  return sound;
}
