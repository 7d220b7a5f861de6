/**
 * Partitions come and go while a window is open. What comes is kept in step by the triggers of its table, which the server makes on
 * it too. What is dropped must not keep the others from a cutover or from their way back; what was detached has a foreign key to the
 * old keys, and triggers no more: it is asked for.
 */
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import type { Operation, StatementOperation } from '../../operation/operation.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { namesOfParts, type ColumnsWindow, type TwinTable } from './columns-window.js';

/** Violated by every table that was a partition and is none now. */
export function partitionsAreItsOwn({ name, tables }: Pick<ColumnsWindow, 'name' | 'tables'>): readonly CheckQuery[] {
  const known = tables.flatMap((table) =>
    namesOfParts(table).map((part) => `(${quoteLiteral(table.name)}, ${quoteLiteral(part)})`),
  );
  if (known.length === 0) return [];
  const rows = `SELECT w.part AS detached, w.whole AS "from" FROM (VALUES ${known.join(', ')}) AS w (whole, part)
WHERE pg_catalog.to_regclass(w.part) IS NOT NULL AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_partition_ancestors(pg_catalog.to_regclass(w.part)) AS a WHERE a.relid = pg_catalog.to_regclass(w.whole))`;
  return [
    {
      check: 'partitions',
      name: `no partition was detached while ${name} was open: attach it again, or drop it`,
      severity: 'error',
      rows,
      summary: summarise(rows, 10),
      mask: [],
    },
  ];
}

/** Violated by an index of a partitioned table that has no part on some partition: one that came just before it was made. */
export function indexesAreWhole({
  name,
  counterparts,
}: Pick<ColumnsWindow, 'name' | 'counterparts'>): readonly CheckQuery[] {
  const made = counterparts
    .filter(({ kind, partitioned }) => kind === 'index' && partitioned)
    .map(({ schema, twin }) => `(${quoteLiteral(`${quoteIdentifier(schema)}.${quoteIdentifier(twin)}`)})`);
  if (made.length === 0) return [];
  const rows = `SELECT w.index FROM (VALUES ${made.join(', ')}) AS w (index)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indexrelid = pg_catalog.to_regclass(w.index) AND i.indisvalid)`;
  return [
    {
      check: 'partitions',
      name: `every partition has its part of the indexes that ${name} made: build what is missing, and ALTER INDEX … ATTACH PARTITION`,
      severity: 'error',
      rows,
      summary: summarise(rows, 10),
      mask: [],
    },
  ];
}

/** For statements that have no IF EXISTS. `table`: qualified and quoted. */
export function whereThere(table: string, text: string): string {
  const body = `BEGIN IF to_regclass(${quoteLiteral(table)}) IS NOT NULL THEN EXECUTE ${quoteLiteral(text)}; END IF; END`;
  return `DO ${quoteLiteral(body)}`;
}

/** Of partitions that are still there. */
export function whereThereStill(operation: StatementOperation, tables: readonly TwinTable[]): StatementOperation {
  const parts = new Set(tables.flatMap(namesOfParts));
  if (!operation.locks.some(({ relation }) => parts.has(relation))) return operation;
  const statements = operation.statements.map((statement) => {
    const table = ALTERED.exec(statement.sql)?.[1];
    if (table === undefined || !parts.has(table)) return statement;
    return { ...statement, sql: statement.sql.replace(/^ALTER TABLE /, 'ALTER TABLE IF EXISTS ') };
  });
  return { ...operation, statements, lockFirst: operation.lockFirst.filter((name) => !parts.has(name)) };
}

/** The same of its way back. */
export function backWhereThere<T extends Operation>(operation: T, tables: readonly TwinTable[]): T {
  const { reversal } = operation;
  if (reversal.kind !== 'operations') return operation;
  const operations = reversal.operations.map((back) =>
    back.kind === 'statement' ? whereThereStill(back, tables) : back,
  );
  return { ...operation, reversal: { ...reversal, operations } };
}

const NAME = String.raw`(?:"(?:[^"]|"")*"|[^\s".]+)`;
const ALTERED = new RegExp(`^ALTER TABLE (${NAME}\\.${NAME}) `);
