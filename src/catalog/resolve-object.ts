/**
 * From the name of an object as a statement writes it to the object that it means: its schema, its exact kind, and the types
 * by which the server tells functions of one name apart.
 */
import type { ArgumentType, ObjectFact } from '../sql/object-fact.js';
import { formatName, formatParts, relationKey, type NameParts } from '../sql/identifier.js';
import { objectKey, type ObjectKind, type ObjectName } from '../sql/object-key.js';
import type { CatalogSnapshot, FunctionFacts } from './catalog-snapshot.js';

/** Along the search path of a run: the default schema, then `public`. Where it is in neither, as if it were new. */
export function resolveObject(catalog: CatalogSnapshot, fact: ObjectFact, defaultSchema: string): ObjectName {
  const candidates = [...new Set([defaultSchema, 'public'])].map((schema) => named(catalog, fact, schema));
  return candidates.find((object) => isThere(catalog, object)) ?? candidates[0]!;
}

/** `parts`, as many as the whole name has; a database in front goes. */
export function withSchema(parts: NameParts, schema: string, length: number): NameParts {
  return parts.length < length ? [schema, ...parts] : parts.slice(-length);
}

/** How the server prints the type of an argument: with its schema, where it is not of the system. */
export function typeIn(catalog: CatalogSnapshot, { text, name }: ArgumentType, defaultSchema: string): string {
  const [only, second] = name;
  if (only === undefined || second !== undefined) return text;
  for (const schema of [defaultSchema, 'public']) {
    const key = relationKey({ schema, name: only });
    if (!catalog.types.includes(key) && catalog.relations[key] === undefined) continue;
    return text.replace(formatParts(name), formatName({ schema, name: only }));
  }
  return text;
}

function named(catalog: CatalogSnapshot, { kind, name, types }: ObjectFact, schema: string): ObjectName {
  switch (kind) {
    case 'schema':
    case 'extension':
      return { kind, name: name.slice(-1) };
    case 'trigger':
    case 'rule':
    case 'policy':
    case 'table constraint':
    case 'domain constraint':
      return { kind, name: withSchema(name, schema, 3) };
    case 'table column': {
      const whole = withSchema(name, schema, 3);
      return { kind: columnKind(catalog, whole), name: whole };
    }
    case 'table':
    case 'view':
    case 'materialized view':
    case 'foreign table':
    case 'sequence': {
      const whole = withSchema(name, schema, 2);
      return { kind: relationKind(catalog, whole) ?? kind, name: whole };
    }
    case 'function':
    case 'procedure':
    case 'aggregate':
      return routine(
        catalog,
        withSchema(name, schema, 2),
        kind,
        types?.map((type) => typeIn(catalog, type, schema)),
      );
    default:
      return { kind, name: withSchema(name, schema, 2) };
  }
}

function routine(
  catalog: CatalogSnapshot,
  name: NameParts,
  kind: FunctionFacts['kind'],
  types: readonly string[] | undefined,
): ObjectName {
  const called = Object.values(catalog.functions).filter((each) => each.schema === name[0] && each.name === name[1]);
  const joined = types?.join(', ');
  const [found, another] = joined === undefined ? called : called.filter((each) => each.arguments === joined);
  if (found === undefined || another !== undefined) return { kind, name, types: joined ?? '' };
  return { kind: found.kind, name, types: found.arguments };
}

function isThere(catalog: CatalogSnapshot, object: ObjectName): boolean {
  const [schema = '', second = ''] = object.name;
  if (object.name.length === 3 && object.kind !== 'domain constraint')
    return relationKey({ schema, name: second }) in catalog.relations;
  const key = relationKey({ schema, name: second });
  const inObjects = (): boolean => objectKey(object) in catalog.objects;
  switch (object.kind) {
    case 'function':
    case 'procedure':
    case 'aggregate':
      return `${key}(${object.types ?? ''})` in catalog.functions || inObjects();
    case 'type':
    case 'domain constraint':
      return catalog.types.includes(key) || inObjects();
    // Every one of these is among the relations; to ask for all objects is to follow what has become of them.
    case 'table':
    case 'view':
    case 'materialized view':
    case 'sequence':
      return key in catalog.relations;
    default:
      return key in catalog.relations || inObjects();
  }
}

function relationKind(catalog: CatalogSnapshot, [schema = '', name = '']: NameParts): ObjectKind | undefined {
  const kind = catalog.relations[relationKey({ schema, name })]?.kind;
  return kind === 'partitioned table' ? 'table' : kind;
}

function columnKind(catalog: CatalogSnapshot, name: NameParts): ObjectKind {
  const kind = relationKind(catalog, name);
  switch (kind) {
    case 'view':
      return 'view column';
    case 'materialized view':
      return 'materialized view column';
    case 'foreign table':
      return 'foreign table column';
    case undefined:
      return catalog.types.includes(relationKey({ schema: name[0]!, name: name[1]! }))
        ? 'composite type column'
        : 'table column';
    default:
      return 'table column';
  }
}
