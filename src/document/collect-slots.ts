/**
 * Which texts of a value are SQL, names, or references to other parts of the plan: the `x-lockstep-…` annotations of the
 * schema, found by walking both. Works on values that are not valid yet, as far as their shape can be followed.
 */
import type { JsonSchema } from '../kernel/json-schema.js';
import type { NameSlot, RefSlot, SqlSlot } from '../kernel/json-schema.js';
import type { Path } from '../kernel/path.js';
import { problemsOf } from './schema-validation.js';
import type { OpenSchema } from './schema-walk.js';
import { allOf, branchesOf, describedParts, openSchema, requiredSets } from './schema-walk.js';

export type Slot = SqlSlotAt | NameSlotAt | RefSlotAt | FileSlotAt;

interface SlotAt {
  readonly path: Path;
  readonly value: string;
}

export interface SqlSlotAt extends SlotAt {
  readonly kind: 'sql';
  readonly slot: SqlSlot;
}

export interface NameSlotAt extends SlotAt {
  readonly kind: 'name';
  readonly slot: NameSlot;
}

export interface RefSlotAt extends SlotAt {
  readonly kind: 'ref';
  readonly slot: RefSlot;
}

/** The value names a file that holds what the slot asks for. */
export interface FileSlotAt extends SlotAt {
  readonly kind: 'file';
  readonly slot: SqlSlot;
}

/** In the order of the document. Annotated places that do not hold text are left out. */
export function collectSlots(schema: JsonSchema, value: unknown): readonly Slot[] {
  const found = new Map<string, Slot>();
  collect(openSchema(schema), schema, value, [], (slot) => {
    const key = JSON.stringify([slot.kind, slot.path]);
    if (!found.has(key)) found.set(key, slot);
  });
  return [...found.values()];
}

function collect(open: OpenSchema, schema: JsonSchema, value: unknown, path: Path, add: (slot: Slot) => void): void {
  const resolved = open.resolve(schema);
  if (typeof value === 'string') {
    for (const kind of ['sql', 'name', 'ref', 'file'] as const) {
      const slot = resolved[`x-lockstep-${kind}`];
      if (typeof slot === 'string') add({ kind, slot, path, value } as Slot);
    }
  }
  for (const each of allOf(resolved)) collect(open, each, value, path, add);
  const branch = requiredSets(resolved) === undefined ? bestBranch(open, resolved, value) : undefined;
  if (branch !== undefined) collect(open, branch, value, path, add);
  for (const part of describedParts(resolved, value)) {
    collect(open, part.schema, part.value, [...path, part.key], add);
  }
}

/** The branch that fits, or that objects least. */
function bestBranch(open: OpenSchema, schema: JsonSchema, value: unknown): JsonSchema | undefined {
  const fitting = branchesOf(schema).find((branch) => open.surelyFits(branch, value));
  if (fitting !== undefined) return fitting;
  const place = { path: [], owner: undefined, noun: undefined, outer: undefined };
  let best: { readonly branch: JsonSchema; readonly weight: number } | undefined;
  for (const branch of branchesOf(schema)) {
    const problems = problemsOf(open, branch, value, place);
    // Of another type altogether: worse than any number of slips inside.
    const weight = problems.some(({ code, path }) => code === 'LS1102' && path.length === 0) ? 1000 : problems.length;
    if (best === undefined || weight < best.weight) best = { branch, weight };
    if (weight === 0) break;
  }
  return best?.branch;
}
