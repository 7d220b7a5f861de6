/**
 * References as wholes: a composite one of which several columns are converted has a twin for each, and these follow together. By
 * itself a part finds nobody as long as another one is missing, and would take the reference for one to nothing.
 */
import type { LookedUp, Twin, TwinTable } from './columns-window.js';

export interface WholeReference {
  /** In the order of the table's twins. */
  readonly parts: readonly Part[];
  /** What all parts say alike: the parent, which rows refer to it, what becomes of one that finds nothing. */
  readonly value: LookedUp;
}

export interface Part {
  readonly twin: Twin & { readonly value: LookedUp };
  /** Among the twins of the table. */
  readonly index: number;
}

/** In the order of their first parts. */
export function wholeReferences({ twins }: Pick<TwinTable, 'twins'>): readonly WholeReference[] {
  const wholes = new Map<string, Part[]>();
  for (const [index, twin] of twins.entries()) {
    if (twin.value.kind === 'own') continue;
    const key = identityOf(twin.old, twin.value);
    const parts = wholes.get(key) ?? [];
    wholes.set(key, [...parts, { twin: { ...twin, value: twin.value }, index }]);
  }
  return [...wholes.values()].map((parts) => ({ parts, value: parts[0]!.twin.value }));
}

/** With a part of it NULL such a reference is looked up nowhere. */
export function isComposite({ value }: Pick<WholeReference, 'value'>): boolean {
  return value.also.length > 0;
}

function identityOf(old: string, { parent, parentColumn, also, where }: LookedUp): string {
  const pairs = [{ own: old, parent: parentColumn }, ...also].map((pair) => [pair.own, pair.parent].join('\0')).sort();
  return JSON.stringify([parent, where, pairs]);
}
