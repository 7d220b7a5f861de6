/**
 * VOLATILE functions that the checks and conditions of a plan call: such a function may do anything, also what a READ ONLY
 * transaction does not hold back (another connection, a file, another session), each time that the check is asked.
 */
import type { Plan } from '../document/plan.js';
import type { Session } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { CheckQuery } from '../operation/check-query.js';
import { checksOfGate } from '../operation/gate.js';
import type { Operation, OperationId } from '../operation/operation.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { readQuery } from '../sql/fragment.js';
import type { Grammar } from '../sql/grammar.js';
import { touchedBy } from '../sql/touch.js';
import { placeOfCheck } from './check-place.js';
import { commandDiagnostic } from './command-result.js';

/** Warnings, by check; errors where it is `strict`. */
export async function volatileFunctions(
  session: Session,
  graph: OperationGraph,
  { plan, grammar, strict }: { readonly plan: Plan; readonly grammar: Grammar; readonly strict: boolean },
): Promise<readonly Diagnostic[]> {
  const called = graph.operations.flatMap(checksOf).flatMap(({ id, query }) => {
    // What a step asks by itself is ours.
    if (placeOfCheck(id, plan) === undefined) return [];
    const read = readQuery(grammar, query.rows);
    const names = read.ok ? touchedBy(read.value.node).functions : [];
    return names.length === 0 ? [] : [{ id, query, names }];
  });
  if (called.length === 0) return [];
  const names = called.flatMap((check) => check.names.map((parts) => JSON.stringify(parts)));
  const { rows } = await session.query<{ name: string }>(VOLATILE, [[...new Set(names)], graph.limits.searchPath]);
  const volatile = new Set(rows.map(({ name }) => name));
  return called.flatMap(({ id, query, names: own }): readonly Diagnostic[] => {
    const found = own.filter((parts) => volatile.has(JSON.stringify(parts))).map((parts) => `\`${parts.join('.')}\``);
    if (found.length === 0) return [];
    const told = commandDiagnostic('LS9067', {
      detail: `${query.name}: it calls ${[...new Set(found)].join(', ')}.`,
      span: placeOfCheck(id, plan),
      help: 'ask without it; or, if it only reads, let its owner declare it STABLE',
    });
    return [strict ? told : { ...told, severity: 'warning' }];
  });
}

function checksOf(operation: Operation): readonly { readonly id: OperationId; readonly query: CheckQuery }[] {
  if (operation.kind === 'gate') return checksOfGate(operation);
  return operation.kind === 'check' ? [{ id: operation.id, query: operation.check }] : [];
}

/** Of several functions of one name which one is meant only its arguments tell: one that is VOLATILE is enough to be named. */
const VOLATILE = `
  SELECT DISTINCT w.name FROM pg_catalog.unnest($1::text[]) AS w (name)
  CROSS JOIN LATERAL (SELECT (w.name::pg_catalog.json ->> -1) AS own,
    CASE WHEN pg_catalog.json_array_length(w.name::pg_catalog.json) > 1 THEN w.name::pg_catalog.json ->> -2 END AS schema) AS n
  JOIN pg_catalog.pg_proc AS p ON p.proname::text = n.own AND p.provolatile = 'v'
  JOIN pg_catalog.pg_namespace AS s ON s.oid = p.pronamespace
  WHERE CASE WHEN n.schema IS NULL THEN s.nspname = 'pg_catalog' OR s.nspname::text = ANY ($2::text[]) ELSE s.nspname::text = n.schema END`;
