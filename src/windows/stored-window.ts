/**
 * A window as the graph of the plan that opens it keeps it: what a later plan must know to compare it, cut it over or close it,
 * without the file of the first one. Plain JSON, which the form of the window writes and reads.
 */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { StoredWindow } from '../operation/operation-graph.js';
import { formOf, WINDOW_FORMS } from './window-forms.js';
import type { Window, WindowKind } from './window.js';

export function storeWindow(window: Window): StoredWindow {
  const parts = formOf(window).store(window);
  // Fields that are not there must not be there as undefined either: the graph has one spelling.
  return { step: window.id, name: window.name, parts: JSON.parse(JSON.stringify(parts)) as unknown };
}

/** A window of another plan, as it stands now; or the tables that it had and that are there no more. */
export type RestoredWindow =
  { readonly ok: true; readonly window: Window } | { readonly ok: false; readonly missing: readonly string[] };

export function restoreWindow(
  { name, parts }: StoredWindow,
  leads: Window['leads'],
  { relations }: Pick<CatalogSnapshot, 'relations'>,
): RestoredWindow {
  const form = WINDOW_FORMS[kindOfParts(parts)];
  const missing = [...new Set(form.tablesOf(parts))].filter((table) => relations[table] === undefined);
  if (missing.length > 0) return { ok: false, missing };
  const base = { id: name, name, ofOtherPlan: true as const, leads, skipWhen: [] };
  return { ok: true, window: form.restore(parts, base, relations) };
}

/** Graphs do not say it: each form has a member that the other has not. */
function kindOfParts(parts: unknown): WindowKind {
  return 'tables' in (parts as object) ? 'columns' : 'tables';
}
