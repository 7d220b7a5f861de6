/** What an expression uses, for the floors above to allow or refuse; they know the catalog and the place it is put in. */
import type { Node } from './grammar.js';
import type { NameParts } from './identifier.js';
import { kindOf, stringsOf, walkTree, type AnyFields, type FieldsOf } from './tree-walk.js';

export interface ExpressionFacts {
  /** In the order of the text, each time that it is named; those inside a subquery too. */
  readonly columns: readonly NamedAt[];
  readonly functions: readonly CalledAt[];
  /** Offsets of subqueries. */
  readonly subqueries: readonly number[];
  /** Offsets of stars: `*`, `t.*`. */
  readonly stars: readonly number[];
}

/** Offsets in UTF-16 code units of the fragment. */
export interface NamedAt {
  readonly parts: NameParts;
  readonly offset: number;
}

export interface CalledAt extends NamedAt {
  /** Called OVER a window. */
  readonly window: boolean;
  /** Written as only an aggregate can be: `f(*)`, DISTINCT, ORDER BY, FILTER, WITHIN GROUP. Others need the catalog. */
  readonly aggregate: boolean;
}

type Call = FieldsOf<'FuncCall'>;

/** Constructs that are calls without being written as one. */
const SQL_CALLS: Readonly<Record<string, { readonly name: string; readonly aggregate: boolean }>> = {
  GroupingFunc: { name: 'grouping', aggregate: true },
  JsonObjectAgg: { name: 'json_objectagg', aggregate: true },
  JsonArrayAgg: { name: 'json_arrayagg', aggregate: true },
  MergeSupportFunc: { name: 'merge_action', aggregate: false },
};

export function factsOf(expression: Node, offsetOf: (location: number) => number): ExpressionFacts {
  const columns: NamedAt[] = [];
  const functions: CalledAt[] = [];
  const subqueries: number[] = [];
  const stars: number[] = [];

  walkTree(expression, (kind, fields) => {
    const offset = offsetOf(locationOf(fields));
    const call = (parts: NameParts, window: boolean, aggregate: boolean): unknown =>
      functions.push({ parts, offset, window, aggregate });

    if (kind === 'ColumnRef') {
      const named = (fields as FieldsOf<'ColumnRef'>).fields ?? [];
      if (named.some(isStar)) stars.push(offset);
      else columns.push({ parts: stringsOf(named), offset });
    } else if (kind === 'A_Indirection') {
      // `(row).*`: has no location of its own.
      if (((fields as FieldsOf<'A_Indirection'>).indirection ?? []).some(isStar)) stars.push(offset);
    } else if (kind === 'FuncCall') {
      const called = fields as Call;
      call(stringsOf(called.funcname), called.over !== undefined, isWrittenAsAggregate(called));
    } else if (kind === 'SQLValueFunction') {
      // CURRENT_TIMESTAMP, CURRENT_USER, …: stable, not immutable.
      const operation = (fields as FieldsOf<'SQLValueFunction'>).op ?? '';
      call([operation.replace('SVFOP_', '').replace(/_N$/, '').toLowerCase()], false, false);
    } else if (kind === 'SubLink') subqueries.push(offset);
    else if (SQL_CALLS[kind] !== undefined) call([SQL_CALLS[kind].name], false, SQL_CALLS[kind].aggregate);
  });
  return { columns, functions, subqueries, stars };
}

function isStar(node: Node): boolean {
  return kindOf(node) === 'A_Star';
}

/** Aggregates of JSON keep their place in a member of their own. */
function locationOf(fields: AnyFields): number {
  const place = Object.hasOwn(fields, 'constructor') ? fields.constructor : fields;
  return (place as { readonly location?: number }).location ?? 0;
}

function isWrittenAsAggregate(call: Call): boolean {
  const marks = [call.agg_star, call.agg_distinct, call.agg_within_group, call.agg_filter, call.agg_order];
  return marks.some((mark) => mark !== undefined && mark !== false);
}
