/** What the rows must be like, asked before anything changes. */
import { summarise } from '../../operation/check-query.js';
import type { Operation } from '../../operation/operation.js';
import { checkOperations } from '../../checks/check-operations.js';
import type { PlannedCheck } from '../../checks/compile-checks.js';
import { affectedPolicies } from '../../windows/affected-policies.js';
import { affectedViews } from '../../windows/affected-views.js';
import { queriesWithTwins } from '../../windows/queries-with-twins.js';
import type { Twin, TwinTable } from '../../windows/column-window.js';
import { uniquePartsOf } from '../../checks/castable.js';
import { primaryKeyOf } from '../../catalog/walkable-key.js';
import { castQuery } from '../../sql/cast-query.js';
import type { LowerContext } from '../step-definition.js';
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

/** The server is asked what it will be asked under the lock: a view may unite the key with one that stays an integer. */
function textsFit(tables: readonly TwinTable[], { catalog, statementsOf }: LowerContext): readonly PlannedCheck[] {
  const names = tables.map(({ name }) => name);
  const views = affectedViews(tables, catalog, statementsOf);
  const policies = affectedPolicies(tables, views, catalog, statementsOf);
  return [...queriesWithTwins(views, policies, tables, statementsOf)].map(([name, query]) => {
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
