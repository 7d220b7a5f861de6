/** What changes while the steps of a plan are compiled one after the other: the catalog, the problems found, the mappings. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { report, type Scope } from '../catalog/scope.js';
import type { CheckSurroundings } from '../checks/compile-checks.js';
import type { Plan } from '../document/plan.js';
import { windowOver } from '../document/window-over.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { ANYTHING } from '../operation/operation.js';
import type { Mapping } from '../mapping/mapping.js';
import { resolveMapping } from '../mapping/resolve-mapping.js';
import { readQuery, readStatements } from '../sql/fragment.js';
import type { Grammar, ParsedStatement } from '../sql/grammar.js';
import type { LowerContext } from '../steps/step-definition.js';
import { formOf, type Differences } from '../windows/window-forms.js';
import { touchesOf } from '../steps/touches.js';
import { openWindowOver } from '../steps/window-at.js';
import { WINDOW_CODES } from '../steps/window-codes.js';
import { otherWindows, type OtherWindow, type WindowOfPlan } from './other-windows.js';
import type { Window } from '../windows/window.js';

export interface CompileState extends Pick<Scope, 'report'> {
  readonly plan: Plan;
  readonly diagnostics: readonly Diagnostic[];
  /** For what is compiled next: the catalog as it will be then. */
  surroundings(): CheckSurroundings & Pick<LowerContext, 'defaults' | 'statementsOf' | 'windows' | 'windowOfOtherPlan'>;
  readonly windows: ReadonlyMap<string, Window>;
  /** Ids of steps that are known not to run. */
  readonly skipped: Set<string>;
  /** Windows of other plans, by their names. */
  readonly others: ReadonlyMap<string, OtherWindow>;
  /** Names of those with which a step or a check goes on. */
  readonly goesOnWith: Set<string>;
  advance(change: (catalog: CatalogSnapshot) => CatalogSnapshot, windows: readonly Window[]): void;
}

export function compileState(
  plan: Plan,
  initial: CatalogSnapshot,
  {
    grammar,
    withoutWindows = false,
    windows: found = [],
  }: {
    readonly grammar: Grammar;
    readonly withoutWindows?: boolean;
    readonly windows?: readonly WindowOfPlan[];
  },
): CompileState {
  const diagnostics: Diagnostic[] = [];
  const reported = new Set<string>();
  let catalog = initial;
  let mappings = new Map<string, Mapping | undefined>();
  const windows = new Map<string, Window>();
  const others = otherWindows(found, initial);
  const goesOnWith = new Set<string>();

  // The same mapping is resolved for a backfill and for a check: its problems are told once.
  const reportOnce = (diagnostic: Diagnostic): void => {
    const identity = JSON.stringify([diagnostic.code, diagnostic.detail, diagnostic.span?.start.offset]);
    if (reported.has(identity)) return;
    reported.add(identity);
    diagnostics.push(diagnostic);
  };

  const differences = (
    window: Window,
    options: { readonly extra: 'refuse' | 'allow'; readonly samples: number } = { extra: 'refuse', samples: 10 },
  ): Differences =>
    formOf(window).differences(window, {
      ...options,
      readsOf: (text) => surroundings().readsOf('condition', text),
    });

  const surroundings: CompileState['surroundings'] = () => {
    const scope: Scope = {
      catalog,
      schema: plan.defaults.schema,
      grammar,
      locate: (path, part) => plan.source.spanOf(path, part),
      locateWithin: (path, start, end) => plan.source.spanWithin(path, start, end),
      report: reportOnce,
    };
    const known = mappings;
    const windowOfOtherPlan: LowerContext['windowOfOtherPlan'] = (name, path) => {
      const other = others.get(name);
      if (other?.window != null && other.refused === null) {
        goesOnWith.add(name);
        const window = windows.get(name) ?? other.window;
        return formOf(window).withToday(window, scope.catalog.relations);
      }
      const { detail, help } = other?.refused ?? {
        detail: `No journal tells of \`${name}\`.`,
        help: 'compile against the database in which it is open',
      };
      report(scope, WINDOW_CODES, 'LS6513', scope.locate(path), { detail, help });
      return undefined;
    };
    return {
      ...scope,
      target: plan.target,
      defaults: plan.defaults,
      windows: new Map(windows),
      windowOf: (mapping) => (withoutWindows ? undefined : openWindowOver(mapping, { windows })?.name),
      mappingsOfWindow: (id) => windowOver(plan.steps.find((step) => step.id === id)),
      twinsOfWindow: (id) => {
        const window = windows.get(id);
        return window?.kind === 'columns' ? differences(window) : undefined;
      },
      windowOfOtherPlan,
      ofOtherPlan: (name, path, options) => {
        const window = windowOfOtherPlan(name, path);
        if (window === undefined) return undefined;
        return differences(window, options);
      },
      mapping: (name, walk) => {
        const key = JSON.stringify([name, walk]);
        if (!known.has(key))
          known.set(key, resolveMapping(name, plan.mappings[name]!, scope, ['mappings', name], walk));
        return known.get(key);
      },
      readsOf: (kind, sql) => {
        const read = readQuery(grammar, kind === 'query' ? sql : `SELECT (\n${sql}\n)`);
        if (!read.ok) return [];
        const touches = touchesOf([read.value], scope);
        return touches.barrier ? [...touches.reads, ANYTHING] : touches.reads;
      },
      statementsOf: (sql): readonly ParsedStatement[] => {
        const read = readStatements(grammar, sql);
        return read.ok ? read.value : [];
      },
    };
  };
  return {
    plan,
    diagnostics,
    report: reportOnce,
    surroundings,
    windows,
    skipped: new Set(),
    others,
    goesOnWith,
    advance: (change, changed) => {
      for (const window of changed) windows.set(window.id, window);
      const next = change(catalog);
      if (next === catalog) return;
      catalog = next;
      mappings = new Map();
    },
  };
}
