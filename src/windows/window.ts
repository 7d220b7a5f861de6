/**
 * A window of either form, as the planner knows it: what is kept in step, and how far it is where a step is compiled. What the
 * window of a run is like stands in the journal (`lockstep.window`); how it gets from state to state, in `window-state`; what
 * every form can be asked, in `window-forms`.
 */
import type { OperationId } from '../operation/operation.js';
import type { TablesWindow } from './between-tables/tables-window.js';
import type { ColumnsWindow } from './inside-tables/columns-window.js';

export interface WindowBase {
  /** Id of the step that opens it. */
  readonly id: string;
  /** `plan/step`: what it is called in a database. */
  readonly name: string;
  /** Another plan has opened it; `id` is its name then. */
  readonly ofOtherPlan?: true;
  /** It could not be compiled, and that was reported: nothing more is said of it. */
  readonly broken?: true;
  /** Which side leads where the step at hand is compiled; null: it is closed. */
  readonly leads: 'old' | 'new' | null;
  /** Where its own step is skipped, so is all that needs it. */
  readonly skipWhen: readonly OperationId[];
}

export type Window = TablesWindow | ColumnsWindow;
export type WindowKind = Window['kind'];
export type WindowOf<K extends WindowKind> = Extract<Window, { readonly kind: K }>;
