/**
 * What a step takes along beside what it names: which column takes its value from which, and what becomes of everything that
 * stands on them. For a person, and a part of what is approved; nothing is run by it.
 */
export interface StepReach {
  /** A forest: each column once, behind the one that it takes its value from. */
  readonly columns: readonly ReachedColumn[];
  /** In the order of their relations. */
  readonly objects: readonly ReachedObject[];
}

export interface ReachedColumn {
  /** Qualified and quoted: `public.users.id`. */
  readonly column: string;
  readonly type: string;
  /** The column that it refers to, as it stands in `column`; null: it is a key of its own. */
  readonly of: string | null;
  /** Why it is known to refer to that: `posts_author_id_fkey`, `named in the plan, where kind = 'User'`. */
  readonly by: string;
}

export interface ReachedObject {
  /** Relation on which it stands, qualified and quoted; null: on none. */
  readonly relation: string | null;
  /** As the catalog names kinds: `column`, `index`, `foreign key`, `view`. */
  readonly kind: string;
  readonly name: string;
  /** One sentence without a full stop. */
  readonly becomes: string;
}
