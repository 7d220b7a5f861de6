/** What the catalog says about an object that the plan makes, replaces or alters. */
import { relationKey } from '../sql/identifier.js';
import { objectKey, type ObjectName } from '../sql/object-key.js';
import type { CatalogSnapshot, ObjectFacts, RelationName } from './catalog-snapshot.js';
import type { Objects } from './object-records.js';

/** Made by the plan. What is there stays as it is. */
export function create(...made: Parameters<typeof replace>): Objects {
  const [{ objects }, object] = made;
  return objects[objectKey(object)] === undefined ? replace(...made) : objects;
}

/** What is there keeps what hangs on it. */
export function replace(
  snapshot: CatalogSnapshot,
  object: ObjectName,
  definition: string | null,
  of?: RelationName,
): Objects {
  const key = objectKey(object);
  const { objects } = snapshot;
  const there = objects[key];
  const facts = there === undefined ? newFacts(snapshot, object, definition, of) : replaced(there, definition);
  return { ...objects, [key]: facts };
}

/** OR REPLACE sets every setting anew; owner, grants and comment stay. */
function replaced(there: ObjectFacts, definition: string | null): ObjectFacts {
  const isSetting = (statement: string): boolean => /^ALTER /i.test(statement) && !/ OWNER TO /i.test(statement);
  const dressing = there.made === true ? there.dressing.filter((each) => !isSetting(each)) : there.dressing;
  return { ...there, definition, dressing };
}

export function thenSaid(facts: ObjectFacts, by: string): ObjectFacts {
  return { ...facts, dressing: [...facts.dressing, by] };
}

export function newFacts(
  { server }: CatalogSnapshot,
  { kind }: ObjectName,
  definition: string | null,
  of: RelationName | undefined,
): ObjectFacts {
  const owner = WITHOUT_OWNER.has(kind) ? null : server.user;
  return {
    definition,
    dressing: [],
    comment: null,
    owner,
    partOf: of === undefined ? null : relationKey(of),
    made: true,
  };
}

const WITHOUT_OWNER: ReadonlySet<string> = new Set([
  ...['index', 'table constraint', 'domain constraint', 'trigger', 'rule', 'policy', 'extension'],
]);
