/**
 * Finds what a plan names in a catalog snapshot, or says what is wrong with the name and what was probably meant. Names
 * are literal, never folded; a name without a schema means the default schema, never the search path, so that the same
 * plan means the same tables whoever runs it.
 * Splitting a text into parts belongs to `sql/identifier`; which keys can be walked, to `walkable-key`.
 */
import type { Diagnostic, Outcome } from '../kernel/diagnostic.js';
import { didYouMean } from '../kernel/did-you-mean.js';
import type { Span } from '../kernel/span.js';
import { formatName, formatParts, relationKey, type NameParts } from '../sql/identifier.js';
import { CATALOG_CODES } from './codes.js';
import type { CatalogSnapshot, Column, Relation } from './catalog-snapshot.js';

/** Where the name stands in the plan, and the schema that it means without one. */
export interface NamePlace {
  readonly defaultSchema: string;
  readonly span?: Span | undefined;
}

/** A relation of any kind, by its name (`[name]`) or its schema and name (`[schema, name]`). */
export function findRelation(snapshot: CatalogSnapshot, parts: NameParts, place: NamePlace): Outcome<Relation> {
  if (parts.length < 1 || parts.length > 2) {
    const detail = `\`${formatParts(parts)}\` has ${parts.length} parts; a table has one, or two with its schema.`;
    return problem('LS2008', place.span, detail, 'put a name that holds a dot in double quotes, as in SQL');
  }
  const schema = parts.length === 2 ? parts[0]! : place.defaultSchema;
  const name = parts[parts.length - 1]!;
  const found = snapshot.relations[relationKey({ schema, name })];
  if (found !== undefined) return { ok: true, value: found, diagnostics: [] };

  const relations = Object.values(snapshot.relations);
  const elsewhere = relations.filter((relation) => relation.name === name).sort(bySchema);
  if (!snapshot.schemas.includes(schema)) {
    const similar = didYouMean(schema, snapshot.schemas);
    const help =
      elsewhere.length > 0
        ? existsIn(elsewhere)
        : similar === undefined
          ? schemaList(snapshot)
          : `did you mean the schema \`${similar}\`?`;
    return problem('LS2002', place.span, `There is no schema \`${schema}\` in \`${snapshot.server.database}\`.`, help);
  }
  const detail = `There is no \`${name}\` in schema \`${schema}\` of \`${snapshot.server.database}\`.`;
  const inSchema = relations.filter((relation) => relation.schema === schema).map((relation) => relation.name);
  const similar = didYouMean(name, inSchema);
  if (elsewhere.length > 0) return problem('LS2001', place.span, detail, existsIn(elsewhere));
  if (similar !== undefined) return problem('LS2001', place.span, detail, `did you mean \`${similar}\`?`);
  const anywhere = didYouMean(
    name,
    relations.map((relation) => relation.name),
  );
  const far = relations.filter((relation) => relation.name === anywhere).sort(bySchema);
  const help =
    far.length > 0
      ? `did you mean \`${formatName(far[0]!)}\`?`
      : 'correct the name, or declare it with `creates` on the step that makes it';
  return problem('LS2001', place.span, detail, help);
}

/** A relation that has rows of its own to lock and keys to walk: a table or a partitioned table. */
export function findTable(snapshot: CatalogSnapshot, parts: NameParts, place: NamePlace): Outcome<Relation> {
  const found = findRelation(snapshot, parts, place);
  if (!found.ok || isTable(found.value)) return found;
  return problem(
    'LS2005',
    place.span,
    `\`${formatName(found.value)}\` is a ${found.value.kind}.`,
    'name the table that holds the rows',
  );
}

export function isTable(relation: Relation): boolean {
  return relation.kind === 'table' || relation.kind === 'partitioned table';
}

/** Refuses every column of an opaque relation; a caller that can do without looks at `opaque` first. */
export function findColumn(relation: Relation, name: string, span?: Span): Outcome<Column> {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return { ok: true, value: column, diagnostics: [] };
  const table = formatName(relation);
  if (relation.opaque === true) {
    const detail = `\`${table}\` is declared by a step that runs before; what columns it will have is not known.`;
    return problem(
      'LS2004',
      span,
      detail,
      'create the table in the text of a `sql` step: its columns are read from there',
    );
  }
  const names = relation.columns.map((candidate) => candidate.name);
  const similar = didYouMean(name, names);
  const help = similar === undefined ? columnList(names.map(asWritten)) : `did you mean \`${asWritten(similar)}\`?`;
  return problem('LS2003', span, `\`${table}\` has no column \`${name}\`.`, help);
}

/** As a plan writes it. */
function asWritten(name: string): string {
  return /[."]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** An error of this floor, as the outcome of a look-up. */
export function problem(
  code: keyof typeof CATALOG_CODES,
  span: Span | undefined,
  detail: string,
  help: string,
): { readonly ok: false; readonly diagnostics: readonly [Diagnostic] } {
  const { summary } = CATALOG_CODES[code];
  const diagnostic = { code, severity: 'error', summary, detail, help } as const;
  return { ok: false, diagnostics: [span === undefined ? diagnostic : { ...diagnostic, span }] };
}

function bySchema(left: Relation, right: Relation): number {
  return left.schema < right.schema ? -1 : Number(left.schema > right.schema);
}

function existsIn(relations: readonly Relation[]): string {
  const names = relations.map((relation) => `\`${formatName(relation)}\``);
  return `it exists in another schema: write ${names.join(' or ')}`;
}

function schemaList(snapshot: CatalogSnapshot): string {
  return `there are: ${[...snapshot.schemas].sort().join(', ')}`;
}

function columnList(names: readonly string[]): string {
  if (names.length === 0) return 'it has no columns';
  const shown = names.slice(0, 20).join(', ');
  return `it has: ${shown}${names.length > 20 ? `, and ${names.length - 20} more` : ''}`;
}
