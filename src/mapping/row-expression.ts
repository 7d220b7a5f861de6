/**
 * Whether an expression of a plan is one value of one row of a relation, and always the same one. Owns the reasons why
 * not; that it is SQL at all was proved by `document`, that its types fit is for the server to say before anything runs.
 */
import type { Relation } from '../catalog/catalog-snapshot.js';
import { findColumn } from '../catalog/lookup.js';
import { report, type Scope } from '../catalog/scope.js';
import type { Path } from '../kernel/path.js';
import { readExpression, type Expression } from '../sql/fragment.js';
import { formatParts } from '../sql/identifier.js';
import { MAPPING_CODES } from './codes.js';

export interface RowExpressionRules {
  /** A subquery may look elsewhere. */
  readonly subqueries: 'allow' | 'refuse';
  /** A function whose result depends on the moment or on chance. */
  readonly volatile: 'allow' | 'refuse';
}

/**
 * Built-in functions that are VOLATILE, or STABLE only within one statement, so that two statements disagree about them
 * (pg_proc.provolatile; PostgreSQL documentation, 9.9.5 and 36.7).
 */
const CHANGING = new Set(
  `random random_normal gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday statement_timestamp transaction_timestamp now
  current_timestamp current_date current_time localtime localtimestamp nextval currval lastval setval pg_sleep txid_current
  pg_current_xact_id pg_backend_pid current_user session_user current_role user current_setting set_config`.split(
    /\s+/,
  ),
);

/**
 * Aggregates and set-returning functions of the system: the grammar cannot tell them from others. The most frequent; the
 * server refuses the rest, or the batch that gets more rows than it read (PostgreSQL documentation, 9.21 and 9.25).
 */
const OTHER_ROWS = new Set(
  `count sum avg min max string_agg array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg bool_and bool_or every
  any_value bit_and bit_or stddev variance generate_series unnest regexp_matches regexp_split_to_table string_to_table
  json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text json_each jsonb_each
  json_each_text jsonb_each_text json_object_keys jsonb_object_keys jsonb_path_query generate_subscripts`.split(/\s+/),
);

/** Undefined where something was reported. */
export function rowExpressionAt(
  scope: Scope,
  text: string,
  relation: Relation,
  rules: RowExpressionRules,
  path: Path,
): Expression | undefined {
  const read = readExpression(scope.grammar, text);
  // `document` has refused it with its place already.
  if (!read.ok) return undefined;
  let sound = true;
  const refuse = (code: 'LS3003' | 'LS3004', offset: number, length: number, detail: string, help: string): void => {
    sound = false;
    report(scope, MAPPING_CODES, code, scope.locateWithin(path, offset, offset + length), { detail, help });
  };
  const { columns, functions, subqueries, stars } = read.value;
  if (rules.subqueries === 'refuse') {
    for (const offset of subqueries) refuse('LS3003', offset, 1, 'A subquery reads other rows.', ONE_ROW);
  }
  for (const offset of stars) refuse('LS3003', offset, 1, 'A star is many values.', ONE_ROW);
  for (const call of functions) {
    const name = call.parts.at(-1)!;
    // Inside a subquery such a call is about the rows of the subquery.
    if (subqueries.length === 0 && (call.window || call.aggregate || isBuiltin(call.parts, OTHER_ROWS)))
      refuse('LS3003', call.offset, name.length, `\`${name}\` looks at other rows.`, ONE_ROW);
    else if (rules.volatile === 'refuse' && isChanging(call.parts, scope)) {
      refuse('LS3004', call.offset, name.length, `\`${name}\` may give another value at the next call.`, STILL);
    }
  }
  // Inside a subquery a bare name may belong to another table: only the server can tell.
  if (subqueries.length === 0) {
    for (const { parts, offset } of columns) {
      if (!belongsTo(relation, parts)) {
        const detail = `\`${formatParts(parts)}\` names another table than \`${relation.name}\`.`;
        refuse('LS3003', offset, formatParts(parts).length, detail, ONE_ROW);
        continue;
      }
      const name = parts.at(-1)!;
      const found = findColumn(relation, name, scope.locateWithin(path, offset, offset + formatParts(parts).length));
      if (!found.ok) {
        sound = false;
        found.diagnostics.forEach(scope.report);
      }
    }
  }
  return sound ? read.value : undefined;
}

const ONE_ROW = 'write SQL over the columns of one row; compute anything else in a step of its own';
const STILL = 'give the target column a default, or store the value in the source first';

function isChanging(parts: readonly string[], scope: Scope): boolean {
  if (isBuiltin(parts, CHANGING)) return true;
  const name = parts.at(-1)!;
  const schema = parts.length === 2 ? parts[0] : scope.schema;
  return Object.values(scope.catalog.functions).some(
    (known) => known.schema === schema && known.name === name && known.volatility === 'volatile',
  );
}

function isBuiltin(parts: readonly string[], names: ReadonlySet<string>): boolean {
  return names.has(parts.at(-1)!) && (parts.length === 1 || parts[0] === 'pg_catalog');
}

/** `id`, `users.id`, `public.users.id`. */
function belongsTo(relation: Relation, parts: readonly string[]): boolean {
  if (parts.length === 1) return true;
  if (parts.length === 2) return parts[0] === relation.name;
  return parts.length === 3 && parts[0] === relation.schema && parts[1] === relation.name;
}
