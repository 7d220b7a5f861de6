/**
 * One key for every object of a database, as `pg_identify_object` calls it: `index public.users_email_idx`, `trigger t on
 * public.users`, `function public.f(integer, text)`. Owns the words for kinds, in keys and in statements. Argument types are
 * those of `CatalogSnapshot.functions`, and names are quoted by us: the server's list of key words differs by version.
 */
import { formatParts, quoteIdentifier, quoteLiteral, type NameParts } from './identifier.js';

export const OBJECT_KINDS = [
  'schema',
  'extension',
  'table',
  'foreign table',
  'view',
  'materialized view',
  'sequence',
  'index',
  'table column',
  'foreign table column',
  'view column',
  'materialized view column',
  'composite type column',
  'table constraint',
  'domain constraint',
  'trigger',
  'rule',
  'policy',
  'statistics object',
  'function',
  'procedure',
  'aggregate',
  /** Enums, domains, ranges, composite and base types alike. */
  'type',
] as const;

export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** Named by what they stand on, and a name of their own. */
const ON_ANOTHER: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  'table constraint',
  'domain constraint',
  'trigger',
  'rule',
  'policy',
]);

export interface ObjectName {
  readonly kind: ObjectKind;
  /** From the schema inwards: `['public', 'users', 'users_pkey']`. */
  readonly name: NameParts;
  /** Of a function: the types of its arguments, as `FunctionFacts.arguments`. */
  readonly types?: string;
}

export function objectKey({ kind, name, types }: ObjectName): string {
  if (ON_ANOTHER.has(kind)) return `${kind} ${quoteIdentifier(name.at(-1)!)} on ${formatParts(name.slice(0, -1))}`;
  return `${kind} ${formatParts(name)}${types === undefined ? '' : `(${types})`}`;
}

/** How statements name it: `CONSTRAINT users_pkey ON public.users`, `VIEW public.v`. */
export function objectInSql({ kind, name, types }: ObjectName): string {
  const words = WORDS[kind] ?? kind.toUpperCase();
  if (ON_ANOTHER.has(kind)) {
    const on = kind === 'domain constraint' ? 'ON DOMAIN' : 'ON';
    return `${words} ${quoteIdentifier(name.at(-1)!)} ${on} ${formatParts(name.slice(0, -1))}`;
  }
  // An aggregate over no argument is written with a star.
  const inside = kind === 'aggregate' && types === '' ? '*' : types;
  return `${words} ${formatParts(name)}${inside === undefined ? '' : `(${inside})`}`;
}

/** The statement up to its comment: what sets one begins with this. */
export function commentOn(object: ObjectName): string {
  return `COMMENT ON ${objectInSql(object)} IS `;
}

export function commentStatement(object: ObjectName, comment: string | null): string {
  return commentOn(object) + (comment === null ? 'NULL' : quoteLiteral(comment));
}

const WORDS: Readonly<Partial<Record<ObjectKind, string>>> = {
  'table column': 'COLUMN',
  'foreign table column': 'COLUMN',
  'view column': 'COLUMN',
  'materialized view column': 'COLUMN',
  'composite type column': 'COLUMN',
  'table constraint': 'CONSTRAINT',
  'domain constraint': 'CONSTRAINT',
  'statistics object': 'STATISTICS',
};
