/** Where a check of a compiled plan stands in the plan's file. Reads it from the operation's id, which names the list. */
import { expandInSync } from '../checks/in-sync.js';
import { windowOver } from '../document/window-over.js';
import { isFor, type OnlyFor } from '../checks/only-for.js';
import type { Plan } from '../document/plan.js';
import type { Path } from '../kernel/path.js';
import type { Span } from '../kernel/span.js';
import type { OperationId } from '../operation/operation.js';

/** Undefined for a check that no list of the plan names: one that a step added by itself. */
export function placeOfCheck(id: OperationId, plan: Plan): Span | undefined {
  const [, step, list, number] = /^(?:undo\/)?([^/]+)\/([^/]+)\/(\d+)-/.exec(id) ?? [];
  if (step === undefined || list === undefined) return undefined;
  const path = pathOfList(step, list, plan);
  const declarations = path === undefined ? undefined : valueAt(plan.source.value, path);
  if (path === undefined || !Array.isArray(declarations)) return undefined;
  // A check of several mappings is an operation for each of them.
  let left = Number(number);
  for (const [index, declaration] of declarations.entries()) {
    left -= sizeOf(declaration, plan);
    if (left <= 0) return plan.source.spanOf([...path, index]);
  }
  return undefined;
}

function pathOfList(step: string, list: string, plan: Plan): Path | undefined {
  if (list === 'invariant') return ['invariants'];
  const index = plan.steps.findIndex(({ id }) => id === step);
  if (index === -1) return step === 'begin' ? [list] : undefined;
  // The checks of a gate stand among the fields of its kind.
  return list === 'until' ? ['steps', index, plan.steps[index]!.kind, list] : ['steps', index, list];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], value);
}

/** A check for other targets became no operation. */
function sizeOf(declaration: unknown, { target, steps }: Plan): number {
  if (!isFor(target, declaration as OnlyFor)) return 0;
  const fields = (declaration as { readonly in_sync?: Parameters<typeof expandInSync>[0] }).in_sync;
  return fields === undefined
    ? 1
    : expandInSync(fields, { mappingsOfWindow: (id) => windowOver(steps.find((step) => step.id === id)) }).length;
}
