/** The cutover of windows inside of tables: what must be built first, the change of names in one commit, and the same back. */
import { applyEffects } from '../../catalog/effects.js';
import { checkOperations } from '../../checks/check-operations.js';
import type { Hazard } from '../../operation/hazard.js';
import { IS_A_WAY_BACK, type Operation, type StatementOperation } from '../../operation/operation.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { withColumnRenamed, withIndexName } from '../../sql/renamed-text.js';
import {
  namesOfParts,
  shortened,
  tablesNow,
  type ColumnsWindow,
  type Counterpart,
  type TwinTable,
} from '../../windows/inside-tables/columns-window.js';
import { compareColumns, exclusive, tablesInOrder } from '../../windows/inside-tables/column-operations.js';
import {
  indexesAreWhole,
  partitionsAreItsOwn,
  whereThereStill,
} from '../../windows/inside-tables/partitions-of-window.js';
import {
  followNames,
  ofKind,
  swapBack,
  swapThere,
  swapping,
  type SwapFacts,
} from '../../windows/inside-tables/swap-columns.js';
import { twinsAreIntact } from '../../windows/inside-tables/twin-triggers.js';
import { nothingStaysBehind } from '../../windows/inside-tables/stays-behind.js';
import { moveWindow, windowMayMove } from '../../windows/window-state.js';
import { breaksSubscribers } from '../breaks-subscribers.js';
import { definitionEffects } from '../definition-effects.js';
import { fillLate, hasUnprovedKey, nullOrphans } from '../null-orphans.js';
import { paceOf } from '../pace-of.js';
import { EMPTY_FRAGMENT, type Fragment, type LowerContext } from '../step-definition.js';
import { textsFit } from '../texts-fit.js';
import { WINDOW_CODES } from '../window-codes.js';
import { swapFacts } from './swap-facts.js';
import { report } from '../../catalog/scope.js';
import { plain } from '../../operation/plain-statement.js';

export function cutOverColumns(
  windows: readonly ColumnsWindow[],
  context: LowerContext,
  lockLimits: StatementOperation['lockLimits'],
): Fragment {
  const { step, catalog } = context;
  if (!oldKeysAreGiven(windows, context)) return EMPTY_FRAGMENT;
  const tables = tablesInOrder(windows);
  const converted = windows.flatMap((window) => window.tables);
  const facts = swapFacts(windows, context);
  const keys = windows.flatMap(({ counterparts }) => ofKind(counterparts, 'primary key'));
  const spares = context.definitions(
    'spare',
    keys.map((key) => withIndexName(key.definition, key.legacy)),
    catalog,
  );
  const spared = applyEffects(catalog, spares.effects);
  const there = swapThere(windows, facts);
  const { effects: changes, catalog: changed } = definitionEffects(there, spared, context);
  // What came while the windows were open, parents and orphans; a foreign key lets no orphans come.
  const late = windows.flatMap((window) => fillLate(window, step, paceOf({}, context), context));
  const nulled = converted.flatMap((table) =>
    nullOrphans(table, step, paceOf({}, context), context, ({ column }) => !hasUnprovedKey(table.relation, column)),
  );
  const compare = windows.flatMap((window) =>
    compareColumns(window, 'old', step, `${step}/compare/${window.id}`).map((check) => ({
      ...check,
      after: [...check.after, ...[...late, ...nulled].map(({ id }) => id)],
    })),
  );
  const shown = windows.map(({ id }) => id).join(', ');
  const besides = [
    ...facts.views.map(({ name }) => name),
    ...facts.policies.map(({ relation }) => relationKey(relation)),
  ];
  const parts = converted.flatMap(namesOfParts);
  const others = [...new Set([...besides, ...parts])].filter((name) => !tables.includes(name));
  const flip: StatementOperation = {
    ...exclusive(step, `${step}/cutover`, tables, others),
    label: `give the new columns of ${shown} the names of the old ones`,
    changesShape: true,
    ...(lockLimits !== undefined && { lockLimits }),
    after: [...compare.map(({ id }) => id), ...spares.operations.map(({ id }) => id)],
    assertions: windows.flatMap((window) => [
      windowMayMove(window, 'new leads'),
      twinsAreIntact(window),
      ...indexesAreWhole(window),
      nothingStaysBehind(window, facts),
      ...partitionsAreItsOwn(window),
    ]),
    statements: [
      ...there,
      ...windows.flatMap((window) => followNames(window, 'new')),
      ...windows.map((window) => moveWindow(window, 'new leads')),
    ].map(plain),
    hazards: [
      {
        name: 'breaks_readers',
        detail:
          'Sessions that have prepared statements, or run PL/pgSQL, over these columns fail once and must prepare them again; INSERT without a list of columns meets another order. Recycle the connections of the pool afterwards.',
        consent: context.allow.breaks_readers ?? 'it is what a cutover is for',
      },
      ...stopsSubscribers(converted, context),
    ],
    reversal: { kind: 'operations', operations: wayBack() },
  };
  return {
    operations: [...spares.operations, ...late, ...nulled, ...compare, flip],
    preconditions: fitting(windows, context),
    effects: [...spares.effects, ...changes],
    windows: windows.map((window) => ({ ...window, leads: 'new' })),
  };

  function wayBack(): readonly Operation[] {
    const anew = context.definitions(
      'spare-new',
      keys.map((key) => newKey(key, windows)),
      changed,
    );
    const back = swapBack(windows, facts, spareName);
    const { catalog: after } = definitionEffects(back, applyEffects(changed, anew.effects), context);
    const proofs = windows.flatMap(({ counterparts }) =>
      ofKind(counterparts, 'foreign key').flatMap((key) => proveAgain(key, facts)),
    );
    const validated = context.definitions('prove', proofs, after);
    const proved = validated.operations.map((operation) =>
      operation.kind === 'statement' ? whereThereStill(operation, converted) : operation,
    );
    const compared = windows.flatMap((window) =>
      compareColumns(window, 'new', step, `undo/${step}/compare/${window.id}`),
    );
    const built = asBack(anew.operations, []);
    const flipBack: StatementOperation = {
      ...exclusive(step, `undo/${step}/cutover`, tables, others),
      label: `give the old columns of ${shown} their names back`,
      ...(lockLimits !== undefined && { lockLimits }),
      after: [...built, ...compared].map(({ id }) => id),
      assertions: windows.flatMap((window) => [
        windowMayMove(window, 'old leads'),
        twinsAreIntact(window),
        ...partitionsAreItsOwn(window),
      ]),
      statements: [
        ...back,
        ...windows.flatMap((window) => followNames(window, 'old')),
        ...windows.map((window) => moveWindow(window, 'old leads')),
      ].map(plain),
      reversal: IS_A_WAY_BACK,
    };
    return [...built, ...compared, flipBack, ...asBack(proved, [flipBack.id])];
  }
}

/** Of windows of this plan it was asked when they opened. */
function fitting(windows: readonly ColumnsWindow[], context: LowerContext): readonly Operation[] {
  const tables = windows
    .filter(({ ofOtherPlan }) => ofOtherPlan === true)
    .flatMap((window) => tablesNow(window, context.catalog.relations));
  const { step } = context;
  return checkOperations(textsFit(tables, context), { step, prefix: `${step}/before`, effect: 'fail', barrier: false });
}

/** They find rows by names, and these change: nothing that a cutover could do for them. */
function stopsSubscribers(tables: readonly TwinTable[], context: LowerContext): readonly Hazard[] {
  const consent = context.allow.breaks_subscribers ?? null;
  return tables.flatMap(({ name: table, relation }) =>
    breaksSubscribers(context.catalog.relations[table] ?? relation, 'new name').map(({ name, detail, help }) => {
      if (consent === null)
        report(context, WINDOW_CODES, 'LS6515', context.locate([...context.path, 'windows']), {
          detail: `\`${name}\`: ${detail}`,
          help: `${help}; or consent on the step: allow: { ${name}: reason }`,
        });
      return { name, detail, consent };
    }),
  );
}

/** Where it came back without a look at any row. That of a partitioned table takes in what its partitions have proved. */
function proveAgain(key: Counterpart, { notValidOnPartitioned, dressing }: SwapFacts): readonly string[] {
  const { table, partitioned, name, twin, definition, twinDefinition } = key;
  if (/ NOT VALID$/.test(definition)) return [];
  const both = [
    [name, definition],
    [twin, twinDefinition],
  ] as const;
  const alter = `ALTER TABLE ${table}`;
  if (notValidOnPartitioned || !partitioned)
    return both.map(([each]) => `${alter} VALIDATE CONSTRAINT ${quoteIdentifier(each)}`);
  return [...both.map(([each, text]) => `${alter} ADD CONSTRAINT ${quoteIdentifier(each)} ${text}`), ...dressing(key)];
}

/** After the cutover a row comes with its new key alone: going back needs an old one for it. */
function oldKeysAreGiven(windows: readonly ColumnsWindow[], context: LowerContext): boolean {
  let given = true;
  for (const { tables, ofOtherPlan } of windows) {
    for (const { name, relation, twins } of tables) {
      for (const { old, value, default: text } of twins) {
        const numbered = relation.columns.some((column) => column.name === old && column.identity !== 'no');
        if (value.kind !== 'own' || value.by.how === 'cast' || value.oldValue !== null || text !== null || numbered)
          continue;
        given = false;
        report(context, WINDOW_CODES, 'LS6512', context.locate([...context.path, 'windows']), {
          detail: `\`${name}.${old}\` has no default.`,
          help:
            ofOtherPlan === true
              ? `give it one in a step before: ALTER TABLE ${name} ALTER COLUMN ${quoteIdentifier(old)} SET DEFAULT …`
              : 'add `old_value: <SQL>` to the `convert_uuid`, or give the column a sequence',
        });
      }
    }
  }
  return given;
}

function asBack(operations: readonly Operation[], after: readonly string[]): readonly Operation[] {
  return operations.map((operation) => ({
    ...operation,
    id: `undo/${operation.id}`,
    after: [...operation.after.map((id) => `undo/${id}`), ...after],
    hazards: [],
    reversal: IS_A_WAY_BACK,
  }));
}

function spareName({ name }: Counterpart): string {
  return shortened(`${name}_spare`, 63);
}

/** The index of the new key, by the names after the cutover. */
function newKey(key: Counterpart, windows: readonly ColumnsWindow[]): string {
  // A table may have twins in several windows.
  const twins = windows
    .flatMap(({ tables }) => tables)
    .filter(({ name }) => name === key.table)
    .flatMap(swapping);
  const renamed = twins.reduce((text, twin) => withColumnRenamed(text, twin.new, twin.old), key.twinDefinition);
  return withIndexName(renamed, spareName(key));
}
