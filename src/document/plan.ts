/**
 * A plan as it was read: what the YAML says, with params put in and durations in milliseconds, and where each part stands.
 * What it means in a database belongs to the planner.
 */
import type { CheckDeclaration } from '../checks/compile-checks.js';
import type { OnlyFor } from '../checks/only-for.js';
import type { MappingDeclaration } from '../mapping/resolve-mapping.js';
import type { Allowed, IncludedFile, PlanDefaults, RollbackChoice } from '../steps/step-definition.js';
import type { ParamValue } from './params.js';
import type { SourceDocument } from './source-document.js';
import type { PlanThrottle } from './throttle.js';

export interface Plan {
  readonly name: string;
  readonly description: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly defaults: PlanDefaults;
  /** Null: nothing holds it back. */
  readonly throttle: PlanThrottle | null;
  readonly mappings: Readonly<Record<string, MappingDeclaration>>;
  readonly require: readonly CheckDeclaration[];
  readonly invariants: readonly CheckDeclaration[];
  /** All of them, also those that are for other targets. */
  readonly steps: readonly PlanStep[];
  /** Whether `only` stands anywhere in it. */
  readonly saysOnly: boolean;
  /** The target that it was read for; null where none was named, and where the plan says nothing about targets. */
  readonly target: string | null;
  /** Of the meaning, not the layout: comments and spacing change nothing, another parameter does, and another target. */
  readonly sourceDigest: string;
  /** Whose text belongs to the plan, by the name that it writes. */
  readonly files: Readonly<Record<string, IncludedFile>>;
  readonly source: SourceDocument;
}

export interface PlanStep extends OnlyFor {
  readonly id: string;
  readonly description: string | null;
  readonly kind: string;
  /** As the kind's schema says. */
  readonly fields: unknown;
  readonly needs: readonly string[];
  readonly when: readonly CheckDeclaration[];
  readonly require: readonly CheckDeclaration[];
  readonly rollback: RollbackChoice;
  readonly allow: Allowed;
}
