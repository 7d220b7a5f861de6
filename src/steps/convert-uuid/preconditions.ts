/** What the rows must be like, asked before anything changes. */
import { summarise } from '../../operation/check-query.js';
import type { Operation } from '../../operation/operation.js';
import { checkOperations } from '../../checks/check-operations.js';
import type { PlannedCheck } from '../../checks/compile-checks.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import type { Twin, TwinTable } from '../../windows/column-window.js';
import type { LowerContext } from '../step-definition.js';
import type { ConvertUuidFields } from './schema.js';

export function preconditionsOf(
  tables: readonly TwinTable[],
  fields: ConvertUuidFields,
  context: LowerContext,
): readonly Operation[] {
  const checks = tables.flatMap((table) =>
    table.twins.flatMap((twin) => (fields.orphans === 'keep' ? [] : orphansOf(table, twin))),
  );
  return checkOperations(checks, {
    step: context.step,
    prefix: `${context.step}/before`,
    effect: 'fail',
    barrier: false,
  });
}

function orphansOf({ name }: TwinTable, { old, value }: Twin): readonly PlannedCheck[] {
  if (value.kind === 'own' || value.upheld) return [];
  const column = quoteIdentifier(old);
  const child = value.where === null ? name : `(SELECT * FROM ${name} WHERE (${value.where}\n))`;
  const also = value.also
    .map(({ own, parent }) => ` AND p.${quoteIdentifier(parent)} = c.${quoteIdentifier(own)}`)
    .join('');
  const rows = `SELECT c.* FROM ${child} AS c
WHERE c.${column} IS NOT NULL AND NOT EXISTS (SELECT FROM ${value.parent} AS p WHERE p.${quoteIdentifier(value.parentColumn)} = c.${column}${also})`;
  return [
    {
      reads: [name, value.parent],
      query: {
        check: 'no_orphans',
        name: `every ${name}.${old} has its ${value.parent}.${value.parentColumn}`,
        severity: 'error',
        rows,
        summary: summarise(rows, 10),
        mask: [],
      },
    },
  ];
}
