/**
 * What a part of a plan is compiled in: the catalog as it will be then, the default schema, and a place to report
 * problems at. Names are looked up here once, so that every table and column of a plan is refused in the same words.
 */
import type { CodeTable, Diagnostic, DiagnosticCode, Outcome, Severity } from '../kernel/diagnostic.js';
import type { Path } from '../kernel/path.js';
import type { Span } from '../kernel/span.js';
import { parseName, relationKey } from '../sql/identifier.js';
import type { Grammar } from '../sql/grammar.js';
import type { CatalogSnapshot, Column, Relation } from './catalog-snapshot.js';
import { findColumn, findRelation, findTable, problem } from './lookup.js';
import { walkableKeyOf, type WalkableKey } from './walkable-key.js';

export interface Scope {
  readonly catalog: CatalogSnapshot;
  /** What a name without a schema means. */
  readonly schema: string;
  readonly grammar: Grammar;
  /** Where in the plan a path leads; the paths of a scope are absolute. */
  readonly locate: (path: Path, part?: 'key' | 'value') => Span | undefined;
  readonly locateWithin: (path: Path, start: number, end: number) => Span | undefined;
  readonly report: (diagnostic: Diagnostic) => void;
}

export interface Problem {
  readonly detail: string;
  readonly help?: string;
  readonly severity?: Severity;
}

/** Reports one problem of a folder's own table of codes, at a place of the plan. */
export function report(
  scope: Pick<Scope, 'report'>,
  codes: CodeTable,
  code: DiagnosticCode,
  span: Span | undefined,
  told: Problem,
): void {
  const { detail, help, severity = 'error' } = told;
  const summary = codes[code]!.summary;
  scope.report({
    code,
    severity,
    summary,
    detail,
    ...(help !== undefined && { help }),
    ...(span !== undefined && { span }),
  });
}

/** Takes the value out of a look-up; what went wrong is reported, and undefined returned. */
export function take<T>(scope: Scope, outcome: Outcome<T>): T | undefined {
  outcome.diagnostics.forEach(scope.report);
  return outcome.ok ? outcome.value : undefined;
}

export function tableAt(scope: Scope, text: string, path: Path): Relation | undefined {
  return lookUp(scope, text, path, findTable);
}

/** Also a view, a sequence, or what a step declares to make. */
export function relationAt(scope: Scope, text: string, path: Path): Relation | undefined {
  return lookUp(scope, text, path, findRelation);
}

function lookUp(scope: Scope, text: string, path: Path, find: typeof findTable): Relation | undefined {
  const span = scope.locate(path);
  const parsed = parseName(text);
  if (!parsed.ok) return take(scope, problem('LS2008', span, parsed.reason, NAME_HELP));
  return take(scope, find(scope.catalog, parsed.parts, { defaultSchema: scope.schema, span }));
}

/** `text` as the plan writes it: a column whose name holds a dot or a quote stands in double quotes. */
export function columnAt(
  scope: Scope,
  relation: Relation,
  text: string,
  path: Path,
  part?: 'key' | 'value',
): Column | undefined {
  const span = scope.locate(path, part);
  const parsed = parseName(text);
  if (!parsed.ok) return take(scope, problem('LS2008', span, `\`${text}\`: ${parsed.reason}.`, NAME_HELP));
  const [name, second] = parsed.parts;
  if (second === undefined) return take(scope, findColumn(relation, name!, span));
  const detail = `\`${text}\` has ${parsed.parts.length} parts; the column of a table that is named already has one.`;
  return take(scope, problem('LS2008', span, detail, NAME_HELP));
}

/** The key that batches walk: by the index that a plan names, or the one that suits best. */
export function keyToWalkAt(
  scope: Scope,
  relation: Relation,
  index: string | undefined,
  path: Path,
): WalkableKey | undefined {
  const span = scope.locate(path);
  if (index === undefined) return take(scope, walkableKeyOf(relation, undefined, span));
  const parsed = parseName(index);
  if (!parsed.ok) return take(scope, problem('LS2008', span, parsed.reason, NAME_HELP));
  // An index stands in the schema of its table.
  return take(scope, walkableKeyOf(relation, parsed.parts.at(-1), span));
}

export interface TableColumn {
  readonly table: Relation;
  readonly column: Column;
}

/** `users.id`, `auth.users.id`. */
export function tableColumnAt(scope: Scope, text: string, path: Path): TableColumn | undefined {
  const span = scope.locate(path);
  const parsed = parseName(text);
  if (!parsed.ok) return take(scope, problem('LS2008', span, parsed.reason, NAME_HELP));
  if (parsed.parts.length < 2) {
    return take(
      scope,
      problem('LS2008', span, `\`${text}\` names no table.`, 'write the table, a dot, and the column'),
    );
  }
  const place = { defaultSchema: scope.schema, span };
  const table = take(scope, findTable(scope.catalog, parsed.parts.slice(0, -1), place));
  const column = table && take(scope, findColumn(table, parsed.parts.at(-1)!, span));
  return table && column && { table, column };
}

/** The key of a relation by its name, whether or not it exists. */
export function keyOfName(scope: Scope, text: string): string | undefined {
  const parsed = parseName(text);
  if (!parsed.ok || parsed.parts.length > 2) return undefined;
  const [first, second] = parsed.parts;
  return second === undefined
    ? relationKey({ schema: scope.schema, name: first! })
    : relationKey({ schema: first!, name: second });
}

const NAME_HELP = 'dotted parts, each written as it is; a part that holds a dot or a quote in double quotes, as in SQL';
