/** `backfill: { table, set }`: one batch operation that fills columns in place and keeps what it overwrites. */
import { columnAt, keyToWalkAt, report, tableAt } from '../../catalog/scope.js';
import { rowExpressionAt } from '../../mapping/row-expression.js';
import { sqlName } from '../../mapping/mapping.js';
import { ANYTHING, IS_A_WAY_BACK, type Operation, type Pace, type Reversal } from '../../operation/operation.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { EMPTY_FRAGMENT, type Fragment, type LowerContext } from '../step-definition.js';
import { BACKFILL_CODES } from './codes.js';
import { fillWork, imageWalk, unfillWork, type Fill, type FilledColumn } from './fill-sql.js';
import { parentsOf } from '../touches.js';
import { firesTriggers, refuseUnfit } from '../fitness.js';
import type { InPlaceBackfill } from './schema.js';
import { refuseRules } from '../refuse-rules.js';
import { refuseToSuppress, suppresses } from './suppress.js';
import { upheldKeys } from './upheld-keys.js';
import { sqlKeyColumn } from '../key-walk.js';

/** A value may be looked up elsewhere, and may differ from call to call: it is stored, and the old one is kept. */
const RULES = { subqueries: 'allow', volatile: 'allow' } as const;

export function lowerFill(fields: InPlaceBackfill, pace: Pace, context: LowerContext): Fragment {
  const { step, path } = context;
  const relation = tableAt(context, fields.table, [...path, 'table']);
  if (relation === undefined) return EMPTY_FRAGMENT;
  const key = keyToWalkAt(context, relation, fields.walk, [...path, fields.walk === undefined ? 'table' : 'walk']);
  const columns = Object.entries(fields.set).map(([name, expression]): FilledColumn | undefined => {
    const at = [...path, 'set', name];
    const column = columnAt(context, relation, name, at, 'key');
    const value = rowExpressionAt(context, expression, relation, RULES, at);
    if (column === undefined || value === undefined) return undefined;
    if (column.generated !== 'no' || column.identity === 'always') {
      const detail = `\`${name}\` of \`${sqlName(relation)}\` is generated.`;
      report(context, BACKFILL_CODES, 'LS6103', context.locate(at, 'key'), { detail, help: 'leave it out' });
    }
    if (key?.columns.some((walked) => walked.name === column.name) === true) {
      const detail = `\`${name}\` is part of \`${key.index}\`, by which \`${sqlName(relation)}\` is walked.`;
      report(context, BACKFILL_CODES, 'LS6102', context.locate(at, 'key'), {
        detail,
        help: 'name another unique index in `walk`',
      });
    }
    return {
      name: quoteIdentifier(column.name),
      type: column.type,
      expression: value.text,
      goesWith: column.goesWith ?? null,
    };
  });
  const where =
    fields.where === undefined
      ? null
      : rowExpressionAt(context, fields.where, relation, RULES, [...path, 'where'])?.text;
  const said = fields.user_triggers ?? context.defaults.userTriggers;
  refuseUnfit(relation, { privileges: ['SELECT', 'UPDATE'], fires: ['update'], userTriggers: said }, context, [
    ...path,
    'table',
  ]);
  // A generated column may be computed from what is filled.
  const set = relation.columns
    .filter(({ name, generated }) => generated !== 'no' || columns.some((one) => one?.name === quoteIdentifier(name)))
    .map(({ name }) => name);
  const suppressed = suppresses(relation, ['update'], said, context);
  refuseRules(relation, { events: { UPDATE: suppressed ? 'replica' : 'origin' }, onConflict: false }, context, [
    ...path,
    'table',
  ]);
  if (suppressed) refuseToSuppress(relation, ['update'], set, context, [...path, 'table']);
  const found = columns.filter((column) => column !== undefined);
  if (key === undefined || where === undefined || found.length < columns.length) return EMPTY_FRAGMENT;

  const table = sqlName(relation);
  const fill: Fill = { table, columns: found, where, key, upheld: suppressed ? upheldKeys(relation, set) : null };
  const texts = [...Object.values(fields.set), ...(fields.where === undefined ? [] : [fields.where])];
  const looked = texts.flatMap((text) => context.readsOf('condition', text));
  const parents = parentsOf(relation);
  const id = `${step}/fill`;
  const operation: Operation = {
    kind: 'batch',
    id,
    step,
    label: `fill ${found.map(({ name }) => name).join(', ')} of ${table}`,
    walk: { relation: table, index: key.index, key: key.columns.map(sqlKeyColumn) },
    work: fillWork(fill, id),
    pace,
    quarantine: fields.on_error?.quarantine ?? 0,
    reads: [...new Set([...looked, ...parents])].filter((read) => read !== table),
    writes: [table],
    locks: [
      { relation: table, mode: 'ROW EXCLUSIVE' },
      ...[...new Set(looked)]
        .filter((read) => read !== table && read !== ANYTHING)
        .map((read) => ({ relation: read, mode: 'ACCESS SHARE' }) as const),
    ],
    barrier: !suppressed && firesTriggers(relation, ['update'], context.catalog),
    after: [],
    skipWhen: [],
    hazards: [],
    reversal:
      context.rollback.kind === 'auto'
        ? wayBackOf(fill, id, pace, context)
        : { kind: 'nothing', reason: 'the step says its own way back' },
  };
  return { operations: [operation], preconditions: [], effects: [] };
}

function wayBackOf(fill: Fill, id: string, pace: Pace, context: LowerContext): Reversal {
  const makers = fill.columns.map(({ goesWith }) => goesWith);
  if (makers.includes(null)) return unfill(fill, id, pace, context);
  const steps = [...new Set(makers)].map((step) => `\`${step}\``).join(' and ');
  return { kind: 'nothing', reason: `the values go with their columns, which ${steps} adds` };
}

function unfill(fill: Fill, filled: string, pace: Pace, context: LowerContext): Reversal {
  const operation: Operation = {
    kind: 'batch',
    id: `undo/${filled}`,
    step: context.step,
    label: `restore ${fill.columns.map(({ name }) => name).join(', ')} of ${fill.table} where nobody changed it since`,
    walk: imageWalk(filled),
    work: unfillWork(fill, filled),
    pace,
    quarantine: 0,
    reads: [],
    writes: [fill.table],
    locks: [{ relation: fill.table, mode: 'ROW EXCLUSIVE' }],
    barrier: false,
    after: [],
    skipWhen: [],
    hazards: [],
    reversal: IS_A_WAY_BACK,
  };
  return { kind: 'operations', operations: [operation] };
}
