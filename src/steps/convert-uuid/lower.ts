/** `convert_uuid` against a catalog: columns, triggers, fill, and what is built beside the old keys. */
import { applyEffects } from '../../catalog/effects.js';
import { keyOfName, report } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import type { Operation } from '../../operation/operation.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { objectKey } from '../../sql/object-key.js';
import {
  namesOfParts,
  relationsOf,
  type ColumnsWindow,
  type TwinTable,
} from '../../windows/inside-tables/columns-window.js';
import { createMap } from '../../windows/inside-tables/key-map.js';
import { onDuplicate } from '../../windows/inside-tables/mend-duplicates.js';
import { openColumns } from '../../windows/inside-tables/open-columns.js';
import { backWhereThere } from '../../windows/inside-tables/partitions-of-window.js';
import { firesTriggers, refuseUnfit } from '../fitness.js';
import { nullOrphans, walkOf } from '../null-orphans.js';
import { definitionEffects } from '../definition-effects.js';
import { paceOf } from '../pace-of.js';
import { EMPTY_FRAGMENT, type Fragment, type LowerContext } from '../step-definition.js';
import { CONVERT_CODES } from './codes.js';
import { counterpartsOf } from './counterparts.js';
import { keyGraphOf } from './key-graph.js';
import type { KeyNode } from './key-node.js';
import { lookalikes } from './lookalikes.js';
import { mayBecomeNull } from './orphans.js';
import { namesAreFree } from './names-are-free.js';
import { preconditionsOf } from './preconditions.js';
import { partitionsCanFollow } from './partitions.js';
import { reachOf } from './reach.js';
import { refuseRules, WRITES_OF_WINDOW } from '../refuse-rules.js';
import { nothingIsLeftBehind } from './refuse-dependents.js';
import type { ConvertUuidFields } from './schema.js';
import { twinTables } from './twins.js';
import { windowName } from '../../windows/window-name.js';

export function lowerConvertUuid(fields: ConvertUuidFields, context: LowerContext): Fragment {
  const nodes = keyGraphOf(fields, context);
  if (nodes === undefined) return { ...EMPTY_FRAGMENT, windows: [{ ...windowOf([], context), broken: true }] };
  const open = nodes.filter(({ column }) => column.type !== 'uuid');
  if (nodes.every(({ from, column }) => from !== null || column.type === 'uuid')) return nothingToDo(nodes, context);
  const tables = partitionsCanFollow(open, context)
    ? twinTables(open, fields, context)?.map((table) => withSuppressed(table, fields, context))
    : undefined;
  const fit = tables !== undefined && areFit(tables, fields, context) && mayBecomeNull(tables, nodes, context);
  if (!fit) return { ...EMPTY_FRAGMENT, windows: [{ ...windowOf([], context), broken: true }] };
  const { swapping, definitions } = counterpartsOf(tables);
  const map = fields.map === undefined ? null : (keyOfName(context, fields.map) ?? null);
  const free = namesAreFree(tables, swapping, map, context);
  const window: ColumnsWindow = {
    ...windowOf(tables, context),
    ...(!free && { broken: true as const }),
    counterparts: swapping,
    map: map === null ? null : { table: map, keep: fields.keep_map ?? false },
  };
  if (!free) return { ...EMPTY_FRAGMENT, windows: [window] };

  const grants = tables.flatMap((table) => columnGrants(table, context));
  const add = context.definitions(
    'add',
    tables.map(
      ({ name, twins }) =>
        `ALTER TABLE ${name} ${twins.map((twin) => `ADD COLUMN ${quoteIdentifier(twin.new)} uuid`).join(', ')}`,
    ),
    context.catalog,
  );
  const added = applyEffects(context.catalog, add.effects);
  const granted = context.definitions('grant', grants, added);
  const pace = paceOf(fields, context);
  const nulled = tables.flatMap((table) => nullOrphans(table, context.step, pace, context));
  const opened = openColumns(window, {
    pace,
    walkOf: (table) => walkOf(table),
    suppressed: ({ suppressed }) => suppressed === true,
    fires: ({ relation }) => firesTriggers(relation, ['update'], context.catalog),
    after: [...add.operations, ...granted.operations].map(({ id }) => id),
  });
  const beside = context.definitions('beside', definitions, added);
  const fills = opened.filter(({ kind }) => kind === 'batch').map(({ id }) => id);
  const operations: readonly Operation[] = [
    ...nulled,
    ...add.operations.map((operation) => ({ ...operation, changesShape: true as const })),
    ...granted.operations,
    ...opened,
    ...sideBySide(
      beside.operations.map((operation) => withOnDuplicate(operation, window)),
      tables,
    ).map((operation) => ({
      ...operation,
      after: fills,
    })),
  ].map((operation) => backWhereThere(operation, tables));
  const mapped = window.map === null ? [] : definitionEffects([createMap(window.map)], added, context).effects;
  return {
    operations,
    preconditions: preconditionsOf(tables, context),
    effects: [...add.effects, ...granted.effects, ...beside.effects, ...mapped],
    windows: [window],
    reach: reachOf(window, open, context),
    suspicions: lookalikes(nodes, context),
  };
}

/**
 * What touches the same tables stays in the order of the text; else they may be worked on at the same time. Foreign keys are proved
 * when all of them are there: making one touches its parent, so that otherwise each would wait until the one before is proved. Not
 * those of partitions: what stands above takes in only what is proved.
 */
function sideBySide(operations: readonly Operation[], tables: readonly TwinTable[]): readonly Operation[] {
  const parts = new Set(tables.flatMap(namesOfParts));
  const proves = ({ id, locks }: Operation): boolean =>
    id.endsWith('/validate') && !locks.some(({ relation }) => parts.has(relation));
  return [...operations.filter((one) => !proves(one)), ...operations.filter(proves)];
}

/** Who may read or write a column by a grant of its own may do so with its twin. */
function columnGrants(table: TwinTable, { catalog }: LowerContext): readonly string[] {
  const columns = relationsOf(table).flatMap(({ schema, name }) => table.twins.map((twin) => ({ schema, name, twin })));
  return columns.flatMap(({ schema, name, twin: { old, new: twinName } }) => {
    const facts = catalog.objects[objectKey({ kind: 'table column', name: [schema, name, old] })];
    return (facts?.dressing ?? [])
      .filter((text) => text.startsWith('GRANT '))
      .map((text) => {
        const on = text.indexOf(' ON TABLE ');
        return (
          text.slice(0, on).replaceAll(`(${quoteIdentifier(old)})`, `(${quoteIdentifier(twinName)})`) + text.slice(on)
        );
      });
  });
}

/** Whichever new key it stands on has its value from one of the window's own. */
function withOnDuplicate(operation: Operation, window: ColumnsWindow): Operation {
  if (operation.kind !== 'statement' || operation.transactional) return operation;
  const builds = operation.statements.some(({ sql }) => /^CREATE UNIQUE INDEX /i.test(sql));
  return builds ? { ...operation, onDuplicate: onDuplicate(window, operation.id) } : operation;
}

function windowOf(tables: readonly TwinTable[], context: LowerContext): ColumnsWindow {
  return {
    kind: 'columns',
    id: context.step,
    name: windowName(context.plan, context.step),
    direction: 'both',
    tables,
    counterparts: [],
    map: null,
    leads: 'old',
    skipWhen: context.skipWhen,
  };
}

function nothingToDo(nodes: readonly KeyNode[], context: LowerContext): Fragment {
  const names = nodes
    .filter(({ from }) => from === null)
    .map(({ relation, column }) => `\`${sqlName(relation)}.${column.name}\``);
  report(context, CONVERT_CODES, 'LS6608', context.locate(context.path), {
    severity: 'warning',
    detail: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} uuid.`,
    help: 'leave the step out, or keep it for a database where it is still to be done',
  });
  return { ...EMPTY_FRAGMENT, windows: [windowOf([], context)] };
}

function areFit(tables: readonly TwinTable[], fields: ConvertUuidFields, context: LowerContext): boolean {
  const said = userTriggers(fields, context);
  let sound = true;
  const noticing: LowerContext = {
    ...context,
    report: (diagnostic) => {
      if (diagnostic.severity === 'error') sound = false;
      context.report(diagnostic);
    },
  };
  for (const { relation } of tables) {
    refuseUnfit(
      relation,
      { privileges: ['SELECT', 'UPDATE', 'OWNER'], fires: ['update'], userTriggers: said },
      noticing,
      context.path,
    );
    refuseRules(relation, WRITES_OF_WINDOW, noticing, context.path);
  }
  // Their triggers were asked about with their table; what is built on each is built as its owner.
  for (const part of tables.flatMap(({ parts }) => parts))
    refuseUnfit(part, { privileges: ['OWNER'], fires: [], userTriggers: said }, noticing, context.path);
  return nothingIsLeftBehind(tables, context) && sound;
}

function userTriggers(fields: ConvertUuidFields, context: LowerContext): 'fire' | 'suppress' | undefined {
  return fields.user_triggers ?? context.defaults.userTriggers;
}

function withSuppressed(table: TwinTable, fields: ConvertUuidFields, context: LowerContext): TwinTable {
  const suppressed =
    userTriggers(fields, context) === 'suppress' && firesTriggers(table.relation, ['update'], context.catalog);
  return suppressed ? { ...table, suppressed } : table;
}
