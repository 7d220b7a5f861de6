/**
 * What a step kind is: fields of a plan that lower themselves to operations. The only floor that knows kinds; everything
 * below works on what `lower` returns. A kind has no connection, no clock, no logger: a catalog, names and defaults.
 */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import type { CatalogEffect } from '../catalog/effects.js';
import type { Scope } from '../catalog/scope.js';
import type { CheckSurroundings } from '../checks/compile-checks.js';
import type { CheckDeclaration } from '../checks/compile-checks.js';
import type { JsonSchema } from '../kernel/json-schema.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { Path } from '../kernel/path.js';
import type { HazardName } from '../operation/hazard.js';
import type { Operation, OperationId } from '../operation/operation.js';
import type { StepReach } from '../operation/step-reach.js';
import type { ParsedStatement } from '../sql/grammar.js';
import type { Window } from '../windows/window.js';

export interface StepDefinition<Fields> {
  readonly kind: string;
  /** One sentence: what it is for. Shown by editors and at the head of its page. */
  readonly summary: string;
  /** YAML of one step of this kind. */
  readonly example: string;
  readonly schema: JsonSchema;
  /** Of a kind that opens a window: the names of the mappings that it keeps in step. */
  windowOver?(fields: Fields): readonly string[];
  /** Ids of the windows without which there is nothing to do: where one of them is skipped, so is the step. */
  windowsOf?(fields: Fields): readonly string[];
  /** Of a kind that brings what was there before: the names of the mappings, in the order of its field `mappings`. */
  fills?(fields: Fields): readonly string[];
  /**
   * Of a kind that opens a window: refuses what has come to its tables since, where a step of a later plan cuts it over. Called for
   * the windows of all kinds.
   */
  comeSince?(window: Window, context: LowerContext): void;
  /** What can be refused without a database. */
  check?(fields: Fields, context: StepContext): void;
  lower(fields: Fields, context: LowerContext): Fragment;
}

export interface StepContext extends Pick<Scope, 'grammar' | 'locate' | 'locateWithin' | 'report'> {
  /** The plan's name. */
  readonly plan: string;
  /** The step's id. */
  readonly step: string;
  /** Of the kind's own fields in the plan. */
  readonly path: Path;
  readonly rollback: RollbackChoice;
  /** The author's reasons, by the hazard that they consent to. */
  readonly allow: Allowed;
  /** A file that the plan names, by the name that it writes. */
  readonly file: (name: string) => IncludedFile;
}

export interface IncludedFile {
  /** As problems in it are shown. */
  readonly name: string;
  readonly text: string;
}

export type Allowed = Readonly<Partial<Record<HazardName, string>>>;

export interface LowerContext extends StepContext, CheckSurroundings {
  /** Those of the plan that earlier steps open, by their ids. */
  readonly windows: ReadonlyMap<string, Window>;
  /** A window that another plan has left open, by its name, as it is behind the steps before; undefined where something was reported. */
  readonly windowOfOtherPlan: (name: string, path: Path) => Window | undefined;
  /** Ids of the checks that decide whether the step runs. */
  readonly skipWhen: readonly OperationId[];
  readonly defaults: PlanDefaults;
  /**
   * Definitions that a kind writes itself, from that catalog on: each in the form that does not block, with its way back. Their ids
   * begin with the step's and `name`.
   */
  readonly definitions: (name: string, texts: readonly string[], catalog: CatalogSnapshot) => Fragment;
  /** Parses a text that the document has accepted already. */
  readonly statementsOf: (sql: string) => readonly ParsedStatement[];
}

/** `auto`: what the kind derives. The others replace it; `none` is consent to having no way back. */
export type RollbackChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'sql'; readonly sql: string; readonly verify: readonly CheckDeclaration[] };

export interface PlanDefaults {
  readonly schema: string;
  /** Absent: not said. */
  readonly searchPath?: readonly string[];
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly batch: BatchDefaults;
  readonly workers: number;
  /** Of rows that are written in batches; absent: not said. */
  readonly userTriggers?: 'fire' | 'suppress';
}

export interface BatchDefaults {
  readonly rows: number;
  /** Null: the batch size is fixed. */
  readonly targetMs: number | null;
  readonly maxRows: number;
}

export interface Fragment {
  readonly operations: readonly Operation[];
  /** Checks that belong before anything changes, where nothing before this step touches what they read. */
  readonly preconditions: readonly Operation[];
  readonly effects: readonly CatalogEffect[];
  /** Windows that it opens or changes, as they are behind it. */
  readonly windows?: readonly Window[];
  /** What it takes along beside what it names. */
  readonly reach?: StepReach;
  readonly suspicions?: readonly Suspicion[];
}

/** What names alone suggest, and rows can refute: reported where they do not. */
export interface Suspicion {
  /** Returns one row: how many values were looked at (`looked`), and how many of them are as suspected (`found`). */
  readonly sql: string;
  readonly diagnostic: Diagnostic;
}

export const EMPTY_FRAGMENT: Fragment = { operations: [], preconditions: [], effects: [] };
