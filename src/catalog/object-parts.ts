/**
 * What is made again together with something else: the triggers of a view, the constraints of a domain; and which parts their
 * relation still has.
 */
import { formatName, quoteIdentifier, relationKey } from '../sql/identifier.js';
import { objectKey, type ObjectName } from '../sql/object-key.js';
import type { CatalogSnapshot, ObjectFacts, RelationName } from './catalog-snapshot.js';
import { change, forgotten, without, type Objects } from './object-records.js';

/** The key of what it is made again with: a view for its triggers, a domain for its constraints. */
export function wholeKey({ relations }: CatalogSnapshot, { kind, name }: ObjectName): string | undefined {
  const [schema = '', second = ''] = name;
  if (kind === 'domain constraint' || kind === 'composite type column')
    return objectKey({ kind: 'type', name: [schema, second] });
  if (kind === 'index') {
    const table = Object.values(relations).find(
      (relation) => relation.schema === schema && relation.indexes.some((index) => index.name === second),
    );
    return table && viewKey({ relations }, table);
  }
  return name.length === 3 ? viewKey({ relations }, { schema, name: second }) : undefined;
}

function viewKey({ relations }: Pick<CatalogSnapshot, 'relations'>, name: RelationName): string | undefined {
  const kind = relations[relationKey(name)]?.kind;
  if (kind !== 'view' && kind !== 'materialized view') return undefined;
  return objectKey({ kind, name: [name.schema, name.name] });
}

/** A view whose parts change is not made again with what they were. */
export function whole(objects: Objects, snapshot: CatalogSnapshot, relation: RelationName): Objects {
  const key = viewKey(snapshot, relation);
  return key === undefined ? objects : change(objects, key, forgotten);
}

export function wholeOf(objects: Objects, snapshot: CatalogSnapshot, object: ObjectName): Objects {
  const key = wholeKey(snapshot, object);
  return key === undefined ? objects : change(objects, key, forgotten);
}

/** Of a view, a statistics object is one as well. */
export function isPart({ kind }: ObjectName): boolean {
  return kind === 'rule' || kind === 'statistics object';
}

export function ofColumn({ kind, name }: ObjectName): RelationName | undefined {
  return kind.endsWith('column') ? { schema: name[0]!, name: name[1]! } : undefined;
}

/** Its relation is there. */
export function isLeft({ relations }: CatalogSnapshot, { partOf }: ObjectFacts): boolean {
  return partOf === null || relations[partOf] !== undefined;
}

/** Without indexes, constraints, triggers and columns that their relation does not have any more. */
export function known(before: CatalogSnapshot, { relations }: CatalogSnapshot, objects: Objects): Objects {
  return without(objects, (key, { partOf }) => {
    const relation = partOf === null ? undefined : relations[partOf];
    if (relation === undefined || relation === before.relations[partOf!]) return false;
    const { schema } = relation;
    const on = (name: string): string => `${quoteIdentifier(name)} on ${partOf!}`;
    if (key.startsWith('index '))
      return !relation.indexes.some(({ name }) => key === `index ${formatName({ schema, name })}`);
    if (key.startsWith('trigger ')) return !relation.triggers.some(({ name }) => key === `trigger ${on(name)}`);
    // NOT NULL is a mark on the column as well, which effects follow without its name.
    if (key.startsWith('table constraint '))
      return !relation.constraints.some(({ name }) => key === `table constraint ${on(name)}`);
    if (relation.opaque === true || !key.includes(' column ')) return false;
    return !relation.columns.some(({ name }) => key.endsWith(` ${partOf!}.${quoteIdentifier(name)}`));
  });
}
