/** What the rows must be like, asked before anything changes. */
import { summarise } from '../../operation/check-query.js';
import type { Operation } from '../../operation/operation.js';
import { checkOperations } from '../../checks/check-operations.js';
import type { PlannedCheck } from '../../checks/compile-checks.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { affectedViews } from '../../windows/affected-views.js';
import { viewsWithTwins } from '../../windows/view-with-twins.js';
import type { Twin, TwinTable } from '../../windows/column-window.js';
import { uniquePartsOf } from '../../checks/castable.js';
import { primaryKeyOf } from '../../catalog/walkable-key.js';
import { castQuery } from '../../sql/cast-query.js';
import type { LowerContext } from '../step-definition.js';
import type { ConvertUuidFields } from './schema.js';

export function preconditionsOf(
  tables: readonly TwinTable[],
  fields: ConvertUuidFields,
  context: LowerContext,
): readonly Operation[] {
  const checks = tables.flatMap((table) =>
    table.twins.flatMap((twin) => [
      ...castOf(table, twin, context),
      ...(fields.orphans === 'keep' ? [] : orphansOf(table, twin)),
    ]),
  );
  return checkOperations([...checks, ...viewsFit(tables, context)], {
    step: context.step,
    prefix: `${context.step}/before`,
    effect: 'fail',
    barrier: false,
  });
}

/** The server is asked what it will be asked under the lock: a view may unite the key with one that stays an integer. */
function viewsFit(tables: readonly TwinTable[], context: LowerContext): readonly PlannedCheck[] {
  const names = tables.map(({ name }) => name);
  const views = affectedViews(tables, context.catalog, context.statementsOf);
  return [...viewsWithTwins(views, tables, context.statementsOf)].map(([name, query]) => {
    const rows = `SELECT FROM (${query}\n) AS v WHERE false`;
    return {
      reads: names,
      query: {
        check: 'view',
        name: `${name} can be made with the new keys`,
        severity: 'error',
        rows,
        summary: summarise(rows, 1),
        mask: [],
      },
    };
  });
}

/** What a foreign key upholds has the values of its parent, and these are asked there. */
function castOf({ name, relation }: TwinTable, { old, value }: Twin, context: LowerContext): readonly PlannedCheck[] {
  if (value.by.how !== 'cast' || (value.kind === 'looked up' && value.upheld)) return [];
  const part = value.kind === 'looked up' && value.where !== null;
  const query = castQuery({
    table: part ? `(SELECT * FROM ${name} WHERE (${value.where}\n))` : name,
    column: old,
    to: 'uuid',
    unique: uniquePartsOf(relation, old, context),
    keyColumns: primaryKeyOf(relation) ?? [],
    versionNum: context.catalog.server.versionNum,
  })!;
  return [
    {
      reads: [name],
      query: {
        check: 'castable',
        name: `${name}.${old} survives as uuid`,
        severity: 'error',
        rows: query.rows,
        summary: query.summary(10),
        mask: [],
      },
    },
  ];
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
