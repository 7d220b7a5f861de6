/** `exists` and `absent`: whether something is there, asked of the system catalogs. */
import { name, object, type JsonSchema } from '../kernel/json-schema.js';
import { parseName, quoteLiteral, relationKey, type NameParts } from '../sql/identifier.js';
import type { CheckContext, CheckDefinition, CompiledCheck } from './check-definition.js';

const THINGS = [
  'table',
  'column',
  'index',
  'constraint',
  'function',
  'trigger',
  'extension',
  'schema',
  'type',
] as const;
type Thing = (typeof THINGS)[number];
export type ThingFields = { readonly [T in Thing]?: string };

const SLOTS: Readonly<Record<Thing, Parameters<typeof name>[0]>> = {
  table: 'relation',
  column: 'table.column',
  index: 'index',
  constraint: 'constraint',
  function: 'function',
  trigger: 'trigger',
  extension: 'extension',
  schema: 'schema',
  type: 'type',
};

export const exists: CheckDefinition<ThingFields> = {
  name: 'exists',
  holds: 'the table, column, index, constraint, function, trigger, extension, schema or type is there',
  example: '- exists: { table: users }',
  schema: thingSchema('is there'),
  compile: (fields, context) => compileThing(fields, context, true),
  holdsIn: (fields, context) => isThere(fields, context),
};

export const absent: CheckDefinition<ThingFields> = {
  name: 'absent',
  holds: 'the table, column, index, constraint, function, trigger, extension, schema or type is not there',
  example: '- absent: { column: users.uuid_id }',
  schema: thingSchema('is not there'),
  compile: (fields, context) => compileThing(fields, context, false),
  holdsIn: (fields, context) => !isThere(fields, context),
};

function thingSchema(what: string): JsonSchema {
  const properties = Object.fromEntries(
    THINGS.map((thing) => [thing, name(SLOTS[thing], `the ${thing} that ${what}`)]),
  );
  return { ...object(`Exactly one thing that ${what}.`, properties), minProperties: 1, maxProperties: 1 };
}

function compileThing(fields: ThingFields, context: CheckContext, wanted: boolean): CompiledCheck {
  const [thing, text] = thingOf(fields);
  const found = `EXISTS (${lookUp(thing, partsOf(text), context.schema)})`;
  return {
    says: `${thing} ${text} ${wanted ? 'exists' : 'is absent'}`,
    rows: `SELECT ${quoteLiteral(text)} AS ${wanted ? 'missing' : 'present'} WHERE ${wanted ? 'NOT ' : ''}${found}`,
    reads: readsOf(thing, text, context),
  };
}

function thingOf(fields: ThingFields): readonly [Thing, string] {
  return Object.entries(fields)[0] as [Thing, string];
}

/** The schema has let only readable names through. */
function partsOf(text: string): NameParts {
  const parsed = parseName(text);
  return parsed.ok ? parsed.parts : [text];
}

/** What must have ended before the question makes sense: the work on the relation that the thing hangs on. */
function readsOf(thing: Thing, text: string, context: CheckContext): readonly string[] {
  const parts = partsOf(text);
  const own = thing === 'table' || thing === 'index' ? parts : parts.slice(0, -1);
  if (!['table', 'column', 'constraint', 'trigger'].includes(thing)) return [];
  const [schema, relation] = own.length === 2 ? [own[0]!, own[1]!] : [context.schema, own[0]!];
  return [relationKey({ schema, name: relation })];
}

/** A query over the system catalogs that returns a row where the thing is there. */
function lookUp(thing: Thing, parts: NameParts, defaultSchema: string): string {
  const last = quoteLiteral(parts.at(-1)!);
  const within = (count: number): { schema: string; relation: string } => {
    const outer = parts.slice(0, -1);
    return {
      schema: quoteLiteral(outer.length === count ? outer[0]! : defaultSchema),
      relation: quoteLiteral(outer.at(-1) ?? ''),
    };
  };
  const namespace = quoteLiteral(parts.length === 2 ? parts[0]! : defaultSchema);
  const inRelation = (from: string, column: string, more = ''): string => {
    const { schema, relation } = within(2);
    return `SELECT FROM ${from} JOIN pg_catalog.pg_class c ON ${column} JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${schema} AND c.relname = ${relation}${more}`;
  };
  switch (thing) {
    case 'table':
      return `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${namespace} AND c.relname = ${last} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;
    case 'index':
      return `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${namespace} AND c.relname = ${last} AND c.relkind IN ('i', 'I')`;
    case 'type':
      return `SELECT FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = ${namespace} AND t.typname = ${last}`;
    case 'function': {
      // `f` means any function of that name, `f(integer, text)` the one with these arguments.
      const open = last.indexOf('(');
      const bare = open === -1 ? last : `${last.slice(0, open)}'`;
      const types =
        open === -1 ? '' : ` AND pg_catalog.pg_get_function_identity_arguments(p.oid) = '${last.slice(open + 1, -2)}'`;
      return `SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ${namespace} AND p.proname = ${bare}${types}`;
    }
    case 'column':
      return inRelation(
        'pg_catalog.pg_attribute a',
        'c.oid = a.attrelid',
        ` AND a.attname = ${last} AND a.attnum > 0 AND NOT a.attisdropped`,
      );
    case 'constraint':
      return inRelation('pg_catalog.pg_constraint k', 'c.oid = k.conrelid', ` AND k.conname = ${last}`);
    case 'trigger':
      return inRelation(
        'pg_catalog.pg_trigger t',
        'c.oid = t.tgrelid',
        ` AND t.tgname = ${last} AND NOT t.tgisinternal`,
      );
    case 'extension':
      return `SELECT FROM pg_catalog.pg_extension WHERE extname = ${last}`;
    case 'schema':
      return `SELECT FROM pg_catalog.pg_namespace WHERE nspname = ${last}`;
  }
}

function isThere(fields: ThingFields, context: CheckContext): boolean {
  const [thing, text] = thingOf(fields);
  const parts = partsOf(text);
  const last = parts.at(-1)!;
  const { catalog, schema } = context;
  const keyed = (own: NameParts): string =>
    relationKey(own.length === 2 ? { schema: own[0]!, name: own[1]! } : { schema, name: own[0] ?? '' });
  const relation = catalog.relations[keyed(parts.slice(0, -1))];
  switch (thing) {
    case 'table':
      return catalog.relations[keyed(parts)] !== undefined && catalog.relations[keyed(parts)]!.kind !== 'sequence';
    case 'column':
      return relation?.columns.some((column) => column.name === last) ?? false;
    case 'constraint':
      return relation?.constraints.some((constraint) => constraint.name === last) ?? false;
    case 'trigger':
      return relation?.triggers.some((trigger) => trigger.name === last) ?? false;
    case 'index': {
      const namespace = parts.length === 2 ? parts[0] : schema;
      return Object.values(catalog.relations).some(
        (candidate) => candidate.schema === namespace && candidate.indexes.some((index) => index.name === last),
      );
    }
    case 'function': {
      const namespace = parts.length === 2 ? parts[0] : schema;
      const [wanted, types] = last.split('(');
      return Object.values(catalog.functions).some(
        (known) =>
          known.schema === namespace &&
          known.name === wanted &&
          (types === undefined || `${known.arguments})` === types),
      );
    }
    case 'extension':
      return catalog.extensions.includes(last);
    case 'schema':
      return catalog.schemas.includes(last);
    case 'type':
      return catalog.types.includes(keyed(parts));
  }
}
