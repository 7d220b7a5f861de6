/**
 * Windows that other plans have left open: with which of them this plan may go on, and why not with the others. What is known
 * of them comes from the journal; reading it belongs to `postgres`.
 */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { restoreWindow } from '../windows/stored-window.js';
import { formOf } from '../windows/window-forms.js';
import type { StoredWindow } from '../operation/operation-graph.js';
import type { WindowState } from '../windows/window-state.js';
import type { Window } from '../windows/window.js';

export interface WindowOfPlan {
  /** `plan/step`. */
  readonly name: string;
  /** `plan@2`: the run that has opened it, or the latest run of that plan, which has not; null: there is none. */
  readonly run: string | null;
  /** Of that run. */
  readonly status: string | null;
  /** Null: it was never opened. */
  readonly state: WindowState | null;
  /** Null where the graph of its run has nothing of it, or it is open no more. */
  readonly stored: StoredWindow | null;
  /** Who has moved it last, as far as that was kept. */
  readonly moved: { readonly by: string; readonly at: string } | null;
}

export interface OtherWindow {
  readonly name: string;
  /** It is open: what keeps its tables in step, whether or not this plan may go on with it. Null: it is not, or nobody knows. */
  readonly window: Window | null;
  /** Why this plan may not go on with it; null: it may. */
  readonly refused: { readonly detail: string; readonly help: string } | null;
}

export function otherWindows(
  found: readonly WindowOfPlan[],
  catalog: Pick<CatalogSnapshot, 'relations'>,
): ReadonlyMap<string, OtherWindow> {
  const open = found.filter(isOpen).map(({ name }) => name);
  return new Map(found.map((one) => [one.name, otherWindow(one, open, catalog)]));
}

function isOpen({ state }: WindowOfPlan): boolean {
  return state !== null && state !== 'gone' && state !== 'closed';
}

function otherWindow(
  found: WindowOfPlan,
  open: readonly string[],
  catalog: Pick<CatalogSnapshot, 'relations'>,
): OtherWindow {
  const { name, run, status, state, stored, moved } = found;
  const [plan, step] = name.split('/') as [string, string];
  const refuse = (detail: string, help: string, window: Window | null = null): OtherWindow => ({
    name,
    window,
    refused: { detail, help },
  });
  const there = open.length === 0 ? 'no window of another plan is open here' : `open here: ${open.join(', ')}`;
  if (run === null) return refuse(`The journal of this database has no run of \`${plan}\`.`, there);
  const by = moved === null ? '' : ` by \`${moved.by}\` at ${moved.at}`;
  if (state === 'closed') return refuse(`\`${name}\` was closed${by}.`, there);
  if (state === 'gone') return refuse(`\`${name}\` was taken back with \`${run}\`.`, there);
  if (state === null && stored === null) return refuse(`\`${run}\` has no window \`${step}\`.`, there);
  const restored = stored === null ? null : restoreWindow(stored, state === 'new leads' ? 'new' : 'old', catalog);
  const window = restored?.ok === true ? restored.window : null;
  if (status !== 'done')
    return refuse(
      `\`${run}\`, which opened \`${name}\`, has not ended: it is ${status}.`,
      `let that run end, or take it back: lockstep status ${run}`,
      window,
    );
  if (state === null) {
    // What was a uuid before has no window, and whoever goes on with it has nothing to do.
    const isEmpty = window !== null && formOf(window).isEmpty(window);
    if (isEmpty) return { name, window, refused: null };
    return refuse(`\`${run}\` did not open \`${name}\`: the step was skipped.`, there);
  }
  if (restored === null)
    return refuse(
      `\`${run}\` began with an older version of lockstep, which kept nothing of its windows for later plans.`,
      `take \`${run}\` back, and apply it anew`,
    );
  if (!restored.ok)
    return refuse(
      `${restored.missing.map((table) => `\`${table}\``).join(', ')}, which \`${name}\` keeps in step, ${restored.missing.length === 1 ? 'is' : 'are'} there no more under that name.`,
      'give it its name back',
    );
  return { name, window: restored.window, refused: null };
}
