/**
 * The way back to an object as it was: what the catalog says about how to make it again. Owns the words for why there is
 * none. Everything of one way back shares a transaction, so that nobody sees the object gone.
 */
import type { ObjectFacts } from '../../../catalog/catalog-snapshot.js';
import { OBJECT_KINDS, objectInSql, objectKey, type ObjectName } from '../../../sql/object-key.js';
import { quickBack, type FormContext, type WayBack } from '../piece.js';

export function factsOf(object: ObjectName, { catalog }: Pick<FormContext, 'catalog'>): ObjectFacts | undefined {
  return catalog.objects[objectKey(object)];
}

/** Once it is gone. Then nothing goes with what made it: that has to find it there. */
export function makeAgain(object: ObjectName, at: FormContext): WayBack {
  const facts = factsOf(object, at);
  if (facts?.made === true && facts.definition === null)
    return { none: `${objectKey(object)} cannot be made again: ${CHANGED}` };
  return wayBack(object, at, ({ definition, dressing }) => [definition, ...dressing]);
}

/** Whatever it has become meanwhile, together with what would be in the way. */
export function dropAndMakeAgain(object: ObjectName, at: FormContext): WayBack {
  const users = usersOf(object, at);
  const lasting = users.find((key) => !isEasilyMade(key, at));
  if (lasting !== undefined)
    return { none: `${objectKey(object)} is used by ${lasting}, and can only be dropped with it` };
  return wayBack(object, at, ({ definition, dressing }) => [
    ...users.toReversed().map((key) => dropOfKey(key, at)),
    ...[dropStatement(object), definition, ...dressing],
    ...users.flatMap((key) => [at.catalog.objects[key]!.definition!, ...at.catalog.objects[key]!.dressing]),
  ]);
}

/** Keys, each behind what it uses itself. What the plan has made is taken for a user where its text has the name. */
function usersOf(object: ObjectName, { catalog }: FormContext): readonly string[] {
  const order: string[] = [];
  const visit = (key: string, name: string): void => {
    const isMention = ([, { made, definition }]: [string, ObjectFacts]): boolean =>
      made === true && definition?.includes(name) === true;
    const made = Object.entries(catalog.objects)
      .filter(isMention)
      .map(([each]) => each);
    const users = (catalog.objects[key]?.usedBy ?? []).filter((each) => each in catalog.objects || !isFollowed(each));
    for (const user of [...users, ...made.filter(isShape)]) {
      if (user === objectKey(object) || order.includes(user)) continue;
      order.push(user);
      visit(user, user.slice(user.lastIndexOf('.') + 1));
    }
  };
  visit(objectKey(object), object.name.at(-1)!);
  return order;
}

/** Nobody loses anything when it is gone for a moment within a transaction. */
function isEasilyMade(key: string, { catalog }: FormContext): boolean {
  return isShape(key) && catalog.objects[key]?.definition != null;
}

/** What is not in the list and would be, is gone. */
function isFollowed(key: string): boolean {
  return OBJECT_KINDS.some((kind) => key.startsWith(`${kind} `));
}

function isShape(key: string): boolean {
  return /^(materialized view|view|trigger|rule|policy) (?!column )/.test(key);
}

function dropOfKey(key: string, { catalog }: FormContext): string {
  const on = catalog.objects[key]?.partOf;
  const isPart = on != null && key.endsWith(` on ${on}`);
  const named = isPart ? `${key.slice(0, -` on ${on}`.length)} ON ${on}` : key;
  return `DROP ${named.replace(/^(materialized view|view|trigger|rule|policy)/, (kind) => kind.toUpperCase())}`;
}

/** By its own definition over the present one, which keeps owner, grants and what depends on it. */
export function replaceAgain(object: ObjectName, at: FormContext): WayBack {
  return wayBack(object, at, ({ definition }) => [orReplace(definition)]);
}

export function orReplace(definition: string): string {
  return definition.replace(/^CREATE\s+(?!OR\s+REPLACE\b)/i, 'CREATE OR REPLACE ');
}

type Known = ObjectFacts & { readonly definition: string };

export function wayBack(object: ObjectName, at: FormContext, statements: (facts: Known) => readonly string[]): WayBack {
  const facts = factsOf(object, at);
  const { definition = null } = facts ?? {};
  if (facts === undefined || definition === null) return withoutDefinition(object, facts);
  const label = `make ${objectKey(object)} what it was`;
  return [quickBack(label, ...settings(object), ...statements({ ...facts, definition }))];
}

export function withoutDefinition(object: ObjectName, facts: ObjectFacts | undefined): WayBack {
  if (facts === undefined) return { none: `nothing is known of ${objectKey(object)}: it may belong to an extension` };
  if (facts.made === true) return { goesWith: 'what made it' };
  const isChanged = WITHOUT_PRINT.has(object.kind) ? 'the server prints no definition of it' : CHANGED;
  return { none: `${objectKey(object)} cannot be made again: ${isChanged}` };
}

const CHANGED = 'its definition is not known, or not what it was when the plan began';

const WITHOUT_PRINT: ReadonlySet<string> = new Set(['aggregate', 'extension']);

export function dropStatement(object: ObjectName): string {
  return `DROP ${objectInSql(object)}`;
}

/** What the body of a function names may be gone by then, or stand elsewhere on the search path. */
function settings({ kind }: ObjectName): readonly string[] {
  return kind === 'function' || kind === 'procedure' ? ['SET LOCAL check_function_bodies = off'] : [];
}
