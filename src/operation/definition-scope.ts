/** Which definitions an operation may have changed: what is read again once it is done, and left out while that is not known. */
import type { OperationGraph } from './operation-graph.js';
import { ANYTHING, type Operation } from './operation.js';

/** Keys of all that operations read and write. */
export function touchedBy({ operations }: Pick<OperationGraph, 'operations'>): readonly string[] {
  const keys = new Set(operations.flatMap((operation) => [...operation.reads, ...operation.writes]));
  return [...keys].filter((key) => key !== ANYTHING).sort();
}

/**
 * Keys of all that a run touches on its way there and back: what a change by others may matter to. Both at once, because a
 * way back may name what no step of the way there does: a table under the name that its schema got.
 */
export function touchedThereAndBack({ operations }: Pick<OperationGraph, 'operations'>): readonly string[] {
  const back = operations.flatMap(({ reversal }) => (reversal.kind === 'operations' ? reversal.operations : []));
  return touchedBy({ operations: [...operations, ...back] });
}

/**
 * Keys of what the operation may have changed. `touched`: those of its whole graph, which stand for all of them where its
 * text does not tell. Statements alone change definitions; batches, checks and gates do not.
 */
export function definitionScope(operation: Operation, touched: readonly string[]): readonly string[] {
  if (operation.kind !== 'statement') return [];
  if (operation.barrier && !operation.statements.every(({ sql }) => namesAll(sql))) return touched;
  if (operation.statements.every(({ sql }) => ROWS_ONLY.test(sql))) return [];
  // What has to do with an index that is not there when the plan is compiled locks the index, and writes no relation.
  const locked = operation.locks.map(({ relation }) => relation).filter((key) => !operation.reads.includes(key));
  return [...new Set([...operation.writes, ...locked])].filter((key) => key !== ANYTHING).sort();
}

/**
 * An operation is a barrier also because of who uses a new function, or because its table has triggers, and yet changes no
 * definition but what it names. Were it taken for unknown, each of the hundreds of statements of a file would read all of
 * its tables again.
 */
function namesAll(sql: string): boolean {
  return NAMING.test(sql) && !REACHING.test(sql);
}

/** The forms that run nothing of anybody and whose every name is among the writes; behind blanks and comments. */
const NAMING =
  /^(\s|--[^\n]*\n|\/\*.*?\*\/)*(CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)|(SET LOCAL|COMMENT ON|ALTER (TABLE(?! ALL)|SEQUENCE)|CREATE ((UNLOGGED )?TABLE|(UNIQUE )?INDEX|(OR REPLACE )?((CONSTRAINT )?TRIGGER|VIEW)|SEQUENCE|TYPE|DOMAIN)|DROP (TABLE|INDEX|TRIGGER|FUNCTION|PROCEDURE)))\b/is;

const ROWS_ONLY = /^\s*(INSERT|UPDATE|DELETE|MERGE|WITH|TRUNCATE|VACUUM|ANALYZE|REFRESH)\b/i;

/** CASCADE beyond the rows of a foreign key, and a table that is made by running a query. */
const REACHING =
  /^(?!(\s|--[^\n]*\n|\/\*.*?\*\/)*CREATE (OR REPLACE )?(FUNCTION|PROCEDURE|VIEW)).*((?<!ON (DELETE|UPDATE)\s+)\bCASCADE\b|(?<!\bALWAYS\s+)\bAS\s*(\(|SELECT|WITH|VALUES|TABLE|EXECUTE)\b)/is;
