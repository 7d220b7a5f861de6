/** What the rows must be like, asked before anything changes. */
import type { Operation } from '../../operation/operation.js';
import { checkOperations } from '../../checks/check-operations.js';
import type { PlannedCheck } from '../../checks/compile-checks.js';
import type { Twin, TwinTable } from '../../windows/inside-tables/columns-window.js';
import { uniquePartsOf } from '../../checks/castable.js';
import { primaryKeyOf } from '../../catalog/walkable-key.js';
import { castQuery } from '../../sql/cast-query.js';
import type { LowerContext } from '../step-definition.js';
import { textsFit } from '../texts-fit.js';
import { orphansFound } from './orphans.js';

export function preconditionsOf(tables: readonly TwinTable[], context: LowerContext): readonly Operation[] {
  const casts = tables.flatMap((table) => table.twins.flatMap((twin) => castOf(table, twin, context)));
  const options = { step: context.step, effect: 'fail', barrier: false } as const;
  return [
    ...checkOperations([...casts, ...textsFit(tables, context)], { ...options, prefix: `${context.step}/before` }),
    ...checkOperations(tables.flatMap(orphansFound), {
      ...options,
      prefix: `${context.step}/before/orphans`,
      foretold: true,
    }),
  ];
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
