/** `backfill: { mappings }`: one batch operation per mapping, and the proof that it is one to one before anything changes. */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { take } from '../../catalog/scope.js';
import { walkableKeyOf } from '../../catalog/walkable-key.js';
import { childrenOf, circleOf } from '../../mapping/circles.js';
import { sqlName, textsOf, type Mapping } from '../../mapping/mapping.js';
import { relationKey } from '../../sql/identifier.js';
import { IS_A_WAY_BACK, type Operation, type Pace, type Reversal } from '../../operation/operation.js';
import { checkOperations } from '../../checks/check-operations.js';
import type { Fragment, LowerContext } from '../step-definition.js';
import { copyWork } from './copy-sql.js';
import { oneToOne } from '../one-to-one.js';
import { parentsOf } from '../touches.js';
import { firesTriggers, refuseUnfit } from '../fitness.js';
import { readsOfMirror, openWindowOver } from '../window-at.js';
import type { MappingBackfill } from './schema.js';
import { tellOfSequences } from './tell-of-sequences.js';
import { refuseRules, type RewrittenWrites } from '../refuse-rules.js';
import { refuseToSuppress, suppresses, type UserTriggers } from './suppress.js';
import { upheldKeys } from './upheld-keys.js';
import { broughtFor } from '../../windows/between-tables/bring-parents.js';
import { joinWindow } from '../../windows/between-tables/join-window.js';
import { mirrorFires } from '../../windows/between-tables/mirror-triggers.js';
import type { TablesWindow } from '../../windows/between-tables/tables-window.js';
import { sqlKeyColumn, targetWalk } from '../key-walk.js';
import { rowsCanBeTold } from './rewritten-rows.js';
import { provenanceIsFresh, uncopyWork, type Copied } from './uncopy-sql.js';

export function lowerCopy(fields: MappingBackfill, pace: Pace, context: LowerContext): Fragment {
  const parts = fields.mappings.map((name, index) => {
    const mapping = context.mapping(name, fields.walk);
    return mapping === undefined ? undefined : copyOf(mapping, fields, pace, context, index);
  });
  const found = parts.filter((part) => part !== undefined);
  const operations = found.flatMap((part) => part.operations);
  const open = [...context.windows.values()].filter(
    (window): window is TablesWindow => window.kind === 'tables' && window.ofOtherPlan !== true,
  );
  const windows = open
    .filter(({ mirrors }) => mirrors.some(({ mapping }) => fields.mappings.includes(mapping.name)))
    .map((window) => ({ ...window, filled: [...new Set([...window.filled, ...fields.mappings])] }));
  return {
    operations: [...operations, ...windows.flatMap((window) => joined(window, open, operations, context))],
    preconditions: found.flatMap((part) => part.preconditions),
    effects: [],
    windows,
  };
}

/** A window in both directions answers writes to its targets once all of them are filled. */
function joined(
  window: TablesWindow,
  open: readonly TablesWindow[],
  fills: readonly Operation[],
  context: LowerContext,
): readonly Operation[] {
  const before = open.find(({ id }) => id === window.id)!.filled;
  const full = (filled: readonly string[]): boolean =>
    window.mirrors.every(({ mapping }) => filled.includes(mapping.name));
  if (window.direction === 'forward' || full(before) || !full(window.filled)) return [];
  const after = fills.map(({ id }) => id);
  return joinWindow(window, context.step, { readsOf: readsOfMirror(context) }).map((operation) => ({
    ...operation,
    after: [...operation.after, ...after],
  }));
}

function copyOf(mapping: Mapping, fields: MappingBackfill, pace: Pace, context: LowerContext, index: number): Fragment {
  const { step } = context;
  const path = [...context.path, 'mappings', index];
  refuseUnfit(mapping.source, { privileges: ['SELECT'], fires: [], userTriggers: 'fire' }, context, path);
  refuseUnfit(
    mapping.target,
    {
      privileges: ['SELECT', 'INSERT'],
      fires: ['insert'],
      userTriggers: fields.user_triggers ?? context.defaults.userTriggers,
    },
    context,
    path,
  );
  const said = fields.user_triggers ?? context.defaults.userTriggers;
  const suppressed = suppresses(mapping.target, ['insert'], said, context);
  if (suppresses(mapping.target, ['insert', 'delete'], said, context))
    refuseToSuppress(mapping.target, ['insert', 'delete'], undefined, context, path);
  const window = openWindowOver(mapping.name, context);
  // Beside a window it was asked when that opened.
  if (window === undefined) {
    refuseRules(mapping.target, writesOfCopy(mapping, fields, context), context, path);
    tellOfSequences(mapping, context, path);
  }
  const mirror = window?.mirrors.find((one) => one.mapping.name === mapping.name);
  const id = `${step}/fill/${mapping.name}`;
  const triggersFire = !suppressed && firesTriggers(mapping.target, ['insert'], context.catalog);
  const [source, target] = [sqlName(mapping.source), sqlName(mapping.target)];
  const parents = parentsOf(mapping.target);
  const looked = textsOf(mapping).flatMap((text) => context.readsOf('condition', text));
  const wayBack = (): Reversal => {
    if (context.rollback.kind !== 'auto') return REPLACED;
    if (window === undefined) return uncopy(mapping, id, pace, said, context, path, copiesOf(fields, context));
    return { kind: 'nothing', reason: `the way back of \`${window.id}\` takes its rows` };
  };
  const operation: Operation = {
    kind: 'batch',
    id,
    step,
    label: `copy ${source} into ${target} (${mapping.name})`,
    walk: { relation: source, index: mapping.walk.index, key: mapping.walk.columns.map(sqlKeyColumn) },
    work: copyWork(mapping, id, {
      onConflict: fields.on_conflict ?? (mirror === undefined ? 'fail' : 'skip'),
      triggersFire,
      upheld: suppressed ? upheldKeys(mapping.target) : null,
      mirrorFires: mirror === undefined ? null : mirrorFires(mirror),
      ...(mirror !== undefined && { brought: broughtFor(mirror, window!) }),
    }),
    pace,
    quarantine: fields.on_error?.quarantine ?? 0,
    reads: [...new Set([source, ...parents, ...looked])],
    writes: [target],
    locks: [
      { relation: source, mode: mirror === undefined ? 'ACCESS SHARE' : 'ROW SHARE' },
      { relation: target, mode: 'ROW EXCLUSIVE' },
      // A foreign key takes FOR KEY SHARE on the row that it refers to.
      ...parents.map((relation) => ({ relation, mode: 'ROW SHARE' }) as const),
    ],
    barrier: triggersFire,
    after: [],
    skipWhen: [],
    hazards: [],
    reversal: wayBack(),
  };
  return {
    operations: [operation],
    // Beside a window it was proved before the window opened, and the mirror has upheld it since.
    preconditions: window === undefined ? oneToOne(mapping, context) : [],
    effects: [],
  };
}

/** Where triggers are suppressed rules do not act either, but for those that are meant for replicas. */
function writesOfCopy({ target }: Mapping, fields: MappingBackfill, context: LowerContext): RewrittenWrites {
  const said = fields.user_triggers ?? context.defaults.userTriggers;
  const role = (event: 'insert' | 'delete'): 'replica' | 'origin' =>
    suppresses(target, [event], said, context) ? 'replica' : 'origin';
  return {
    events: { INSERT: role('insert'), ...(context.rollback.kind === 'auto' && { DELETE: role('delete') }) },
    onConflict: fields.on_conflict === 'skip',
  };
}

const REPLACED: Reversal = { kind: 'nothing', reason: 'the step says its own way back' };

function uncopy(
  mapping: Mapping,
  copied: string,
  pace: Pace,
  said: UserTriggers | undefined,
  context: LowerContext,
  path: LowerContext['path'],
  copies: readonly Copied[],
): Reversal {
  const key = take(context, walkableKeyOf(mapping.target, undefined, context.locate(path)));
  if (key === undefined) return { kind: 'irreversible', reason: 'the target has no key to walk by' };
  // FOR UPDATE asks for the privilege of an UPDATE.
  refuseUnfit(mapping.target, { privileges: ['DELETE', 'UPDATE'], fires: [], userTriggers: 'fire' }, context, path);
  const target = sqlName(mapping.target);
  const walk = targetWalk(mapping, key);
  const told = { query: rowsCanBeTold(mapping, copied), reads: [...new Set([sqlName(mapping.source), target])] };
  const fresh = checkOperations([told, { query: provenanceIsFresh(copied, target), reads: [] }], {
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
        work: uncopyWork(mapping, walk, copied, {
          circle: circleOf({ mapping, operation: copied }, copies),
          suppressed: suppresses(mapping.target, ['delete'], said, context),
        }),
        pace,
        quarantine: 0,
        reads: referringTables(mapping.target, context),
        writes: [target],
        locks: [{ relation: target, mode: 'ROW EXCLUSIVE' }],
        barrier: false,
        after: [
          ...fresh.map((check) => check.id),
          // What refers to its rows goes first.
          ...childrenOf({ mapping, operation: copied }, copies).map(({ operation }) => `undo/${operation}`),
        ],
        skipWhen: [],
        hazards: [],
        reversal: IS_A_WAY_BACK,
      },
    ],
  };
}

/** Of the step at hand. */
function copiesOf(fields: MappingBackfill, context: LowerContext): readonly Copied[] {
  return fields.mappings.flatMap((name) => {
    const mapping = context.mapping(name, fields.walk);
    return mapping === undefined ? [] : [{ mapping, operation: `${context.step}/fill/${name}` }];
  });
}

function referringTables({ schema, name }: Relation, { catalog }: LowerContext): readonly string[] {
  return Object.values(catalog.relations)
    .filter(({ constraints }) =>
      constraints.some(
        ({ kind, references }) =>
          kind === 'foreign key' && references?.table.schema === schema && references.table.name === name,
      ),
    )
    .map(sqlName)
    .filter((table) => table !== relationKey({ schema, name }));
}
