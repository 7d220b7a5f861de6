/**
 * What a check is: a value of the plan that becomes one query whose rows are violations. One vocabulary serves `verify`,
 * `require`, `when` and `invariants` alike. Each check is one file; `registry.ts` lists them.
 */
import type { Scope } from '../catalog/scope.js';
import type { JsonSchema } from '../kernel/json-schema.js';
import type { Path } from '../kernel/path.js';
import type { Mapping } from '../mapping/mapping.js';

export interface CheckDefinition<Fields> {
  readonly name: string;
  /** One sentence: the check holds when … */
  readonly holds: string;
  /** YAML of one check, as it stands in a list of checks. */
  readonly example: string;
  readonly schema: JsonSchema;
  /** Undefined where something was reported. */
  compile(fields: Fields, context: CheckContext): CompiledCheck | undefined;
  /** For checks that the catalog alone can answer, so that `when` is decided while compiling. */
  holdsIn?(fields: Fields, context: CheckContext): boolean;
}

export interface CheckContext extends Scope {
  /** Of the check's own value in the plan. */
  readonly path: Path;
  /** How many violating rows are shown. */
  readonly samples: number;
  /** Columns whose values are not shown: what a check says in words of its own must not tell them either. */
  readonly masked: readonly string[];
  /** A mapping of the plan by its name; undefined where it has problems that were reported at its own place. */
  readonly mapping: (name: string, walk?: string) => Mapping | undefined;
  /** Names of the mappings that a window of the plan keeps in step; undefined where no step before opens one of this id. */
  readonly mappingsOfWindow: (id: string) => readonly string[] | undefined;
  /** Of a window inside of tables: the rows whose twins differ, and the relations that are read; undefined for any other. */
  readonly twinsOfWindow: (id: string) => { readonly rows: string; readonly reads: readonly string[] } | undefined;
  /**
   * Of a window that another plan has opened, by its name: the rows that differ, and the relations that are read. Undefined where
   * something was reported.
   */
  readonly ofOtherPlan: (
    name: string,
    path: Path,
    options: { readonly extra: 'refuse' | 'allow'; readonly samples: number },
  ) => { readonly rows: string; readonly reads: readonly string[] } | undefined;
  /** What the open window is called that keeps this mapping in step; undefined where there is none. */
  readonly windowOf: (mapping: string) => string | undefined;
  /** Keys of the relations that a condition or query reads, by the grammar; reports what cannot be known. */
  readonly readsOf: (kind: 'condition' | 'query', sql: string) => readonly string[];
}

export interface CompiledCheck {
  /** What it says, for a person, where the plan gives no `name`: "user_credentials has as many rows as users". */
  readonly says: string;
  /** SQL whose rows are the violations. */
  readonly rows: string;
  /** Instead of the summary that is derived from `rows`. */
  readonly summary?: string;
  /** SQL of one row of numbers, shown also where the check holds. */
  readonly figures?: string;
  /** Keys of relations. */
  readonly reads: readonly string[];
}
