/**
 * The way back to an object as it was: what the catalog says about how to make it again. Owns the words for why there is
 * none. Everything of one way back shares a transaction, so that nobody sees the object gone.
 */
import type { ObjectFacts } from '../../../catalog/catalog-snapshot.js';
import { objectInSql, objectKey, type ObjectName } from '../../../sql/object-key.js';
import { quickBack, type FormContext, type WayBack } from '../piece.js';

export function factsOf(object: ObjectName, { catalog }: Pick<FormContext, 'catalog'>): ObjectFacts | undefined {
  return catalog.objects[objectKey(object)];
}

/** Once it is gone. */
export function makeAgain(object: ObjectName, at: FormContext): WayBack {
  return wayBack(object, at, ({ definition, dressing }) => [definition, ...dressing]);
}

/** Whatever it has become meanwhile. */
export function dropAndMakeAgain(object: ObjectName, at: FormContext): WayBack {
  const drop = dropStatement(object);
  return wayBack(object, at, ({ definition, dressing }) => [drop, definition, ...dressing]);
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
