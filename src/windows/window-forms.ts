/**
 * What every form of window can be asked, and the record of all forms. A further form is a folder and a line here; the compiler
 * then lists what else has to know it: the records of `cutover` and `close`, and whatever tells the forms apart by `kind`.
 */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { Grammar } from '../sql/grammar.js';
import { tablesForm } from './between-tables/tables-form.js';
import { columnsForm } from './inside-tables/columns-form.js';
import type { Window, WindowBase, WindowKind, WindowOf } from './window.js';

export interface ComparisonOptions {
  readonly extra: 'refuse' | 'allow';
  readonly samples: number;
  /** Keys of relations that a condition reads. */
  readonly readsOf: (text: string) => readonly string[];
}

/** Rows that differ, SQL, and keys of the relations that it reads. */
export interface Differences {
  readonly rows: string;
  readonly reads: readonly string[];
}

export interface WindowForm<W extends Window> {
  /** Names of the mappings that it keeps in step and that no step fills. */
  readonly unfilled: (window: W) => readonly string[];
  /** It was so before, and nothing is left to do. */
  readonly isEmpty: (window: W) => boolean;
  /** Between both sides, in one statement. */
  readonly differences: (window: W, options: ComparisonOptions) => Differences;
  /** Sentences: what a change of the catalog takes away from under it. */
  readonly whatBreaks: (
    window: W,
    before: CatalogSnapshot,
    after: CatalogSnapshot,
    grammar: Grammar,
  ) => readonly string[];
  /** With what the catalog of the step at hand says today: of a window of another plan. */
  readonly withToday: (window: W, relations: CatalogSnapshot['relations']) => W;
  /** Plain JSON; `undefined` members are left out. */
  readonly store: (window: W) => object;
  /** Keys of the tables of a stored one. */
  readonly tablesOf: (stored: unknown) => readonly string[];
  readonly restore: (stored: unknown, base: WindowBase, relations: CatalogSnapshot['relations']) => W;
}

export const WINDOW_FORMS: { readonly [K in WindowKind]: WindowForm<WindowOf<K>> } = {
  tables: tablesForm,
  columns: columnsForm,
};

/** A window and its form have one kind, which the compiler cannot follow through the record. */
export function formOf<W extends Window>(window: W): WindowForm<W> {
  return WINDOW_FORMS[window.kind] as unknown as WindowForm<W>;
}
