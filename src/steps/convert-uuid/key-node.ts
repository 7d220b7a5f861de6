/** A column that is converted, and what it takes its value from. */
import type { Column, Relation } from '../../catalog/catalog-snapshot.js';
import { relationKey } from '../../sql/identifier.js';

export interface KeyNode {
  readonly relation: Relation;
  readonly column: Column;
  /** Null: a key of its own. */
  readonly from: Reference | null;
}

export interface Reference {
  /** Qualified and quoted. */
  readonly parent: string;
  readonly parentColumn: string;
  readonly also: readonly { readonly own: string; readonly parent: string }[];
  readonly where: string | null;
  readonly upheld: boolean;
  /** What says so, for a person: the foreign key, or the plan. */
  readonly by: string;
}

export function nodeKey(relation: Pick<Relation, 'schema' | 'name'>, column: string): string {
  return `${relationKey(relation)}/${column}`;
}
