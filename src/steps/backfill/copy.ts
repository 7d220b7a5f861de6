/** `backfill: { mappings }`: one batch operation per mapping, and the proof that it is one to one before anything changes. */
import { take } from '../../catalog/scope.js';
import { walkableKeyOf } from '../../catalog/walkable-key.js';
import { expectedRows, sqlName, type Mapping } from '../../mapping/mapping.js';
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { IS_A_WAY_BACK, type Operation, type Pace, type Reversal } from '../../operation/operation.js';
import { checkOperations } from '../check-operations.js';
import type { Fragment, LowerContext } from '../step-definition.js';
import { copyWork } from './copy-sql.js';
import { parentsOf, refuseUnfit } from './fitness.js';
import type { MappingBackfill } from './schema.js';
import { provenanceIsFresh, sqlKeyColumn, targetWalk, uncopyWork } from './uncopy-sql.js';

export function lowerCopy(fields: MappingBackfill, pace: Pace, context: LowerContext): Fragment {
  const parts = fields.mappings.map((name, index) => {
    const mapping = context.mapping(name, fields.walk);
    return mapping === undefined ? undefined : copyOf(mapping, fields, pace, context, index);
  });
  const found = parts.filter((part) => part !== undefined);
  return {
    operations: found.flatMap((part) => part.operations),
    preconditions: found.flatMap((part) => part.preconditions),
    effects: [],
  };
}

function copyOf(mapping: Mapping, fields: MappingBackfill, pace: Pace, context: LowerContext, index: number): Fragment {
  const { step } = context;
  const path = [...context.path, 'mappings', index];
  refuseUnfit(mapping.source, { privileges: ['SELECT'], fires: [], userTriggers: 'fire' }, context, path);
  refuseUnfit(
    mapping.target,
    { privileges: ['SELECT', 'INSERT'], fires: ['insert'], userTriggers: fields.user_triggers },
    context,
    path,
  );
  const id = `${step}/fill/${mapping.name}`;
  const [source, target] = [sqlName(mapping.source), sqlName(mapping.target)];
  const parents = parentsOf(mapping.target);
  const operation: Operation = {
    kind: 'batch',
    id,
    step,
    label: `copy ${source} into ${target} (${mapping.name})`,
    walk: { relation: source, index: mapping.walk.index, key: mapping.walk.columns.map(sqlKeyColumn) },
    work: copyWork(mapping, id, fields.on_conflict ?? 'fail'),
    pace,
    reads: [...new Set([source, ...parents])],
    writes: [target],
    locks: [
      { relation: source, mode: 'ACCESS SHARE' },
      { relation: target, mode: 'ROW EXCLUSIVE' },
      // A foreign key takes FOR KEY SHARE on the row that it refers to.
      ...parents.map((relation) => ({ relation, mode: 'ROW SHARE' }) as const),
    ],
    barrier: false,
    after: [],
    skipWhen: [],
    hazards: [],
    reversal: context.rollback.kind === 'auto' ? uncopy(mapping, id, pace, context, path) : REPLACED,
  };
  return {
    operations: [operation],
    preconditions: mapping.oneToOneByIndex ? [] : [oneToOne(mapping, context)],
    effects: [],
  };
}

const REPLACED: Reversal = { kind: 'nothing', reason: 'the step says its own way back' };

function uncopy(
  mapping: Mapping,
  copied: string,
  pace: Pace,
  context: LowerContext,
  path: LowerContext['path'],
): Reversal {
  const key = take(context, walkableKeyOf(mapping.target, undefined, context.locate(path)));
  if (key === undefined) return { kind: 'irreversible', reason: 'the target has no key to walk by' };
  refuseUnfit(mapping.target, { privileges: ['DELETE'], fires: [], userTriggers: 'fire' }, context, path);
  const target = sqlName(mapping.target);
  const walk = targetWalk(mapping, key);
  const fresh = checkOperations([{ query: provenanceIsFresh(copied), reads: [] }], {
    step: context.step,
    prefix: `undo/${copied}`,
    effect: 'fail',
    barrier: false,
  });
  return {
    kind: 'operations',
    operations: [
      ...fresh,
      {
        kind: 'batch',
        id: `undo/${copied}`,
        step: context.step,
        label: `delete from ${target} what was copied and not touched since (${mapping.name})`,
        walk,
        work: uncopyWork(mapping, walk, copied),
        pace,
        reads: [],
        writes: [target],
        locks: [{ relation: target, mode: 'ROW EXCLUSIVE' }],
        barrier: false,
        after: fresh.map((check) => check.id),
        skipWhen: [],
        hazards: [],
        reversal: IS_A_WAY_BACK,
      },
    ],
  };
}

/** No unique index says so, so the rows must: two source rows with one key would become one target row. */
function oneToOne(mapping: Mapping, context: LowerContext): Operation {
  const key = mapping.key.map(({ name }) => name).join(', ');
  const rows = `SELECT ${key}, count(*) AS source_rows FROM (\n${expectedRows(mapping)}\n) AS s GROUP BY ${key} HAVING count(*) > 1 OR ${mapping.key.map(({ name }) => `${name} IS NULL`).join(' OR ')}`;
  const query: CheckQuery = {
    check: 'one_to_one',
    name: `each row of ${sqlName(mapping.source)} has a row of its own in ${sqlName(mapping.target)} (${mapping.name})`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
  const options = {
    step: context.step,
    prefix: `${context.step}/one-to-one/${mapping.name}`,
    effect: 'fail',
    barrier: false,
  } as const;
  return checkOperations([{ query, reads: [sqlName(mapping.source)] }], options)[0]!;
}
