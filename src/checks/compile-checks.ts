/** Checks of a plan to queries. Owns what all checks have in common: name, severity, samples, masks. */
import type { Path } from '../kernel/path.js';
import { summarise, type CheckQuery } from '../operation/check-query.js';
import type { CheckContext, CheckDefinition } from './check-definition.js';
import { expandInSync } from './in-sync.js';
import { isFor, type OnlyFor } from './only-for.js';
import { CHECKS } from './registry.js';

/** One check as it stands in a plan: its kind's key with fields, and what any check may carry. */
export type CheckDeclaration = Readonly<Record<string, unknown>> &
  OnlyFor & {
    readonly name?: string;
    readonly severity?: 'error' | 'warning';
    readonly samples?: number;
    readonly mask?: readonly string[];
  };

export interface PlannedCheck {
  readonly query: CheckQuery;
  readonly reads: readonly string[];
}

export interface CheckSurroundings extends Omit<CheckContext, 'path' | 'samples' | 'masked'> {
  /** What the plan is compiled for; null where it says nothing about targets. */
  readonly target: string | null;
}

/** One query per check, several for `in_sync` of several mappings. What could not be compiled was reported. */
export function compileChecks(
  declarations: readonly CheckDeclaration[],
  surroundings: CheckSurroundings,
  path: Path,
): readonly PlannedCheck[] {
  return declarations.flatMap((declaration, index) =>
    isFor(surroundings.target, declaration) ? compileCheck(declaration, surroundings, [...path, index]) : [],
  );
}

function compileCheck(
  declaration: CheckDeclaration,
  surroundings: CheckSurroundings,
  path: Path,
): readonly PlannedCheck[] {
  const definition = definitionOf(declaration);
  const fields = declaration[definition.name];
  const each =
    definition.name === 'in_sync' ? expandInSync(fields as Parameters<typeof expandInSync>[0], surroundings) : [fields];
  const samples = declaration.samples ?? 10;
  const masked = declaration.mask ?? [];
  return each.flatMap((one): PlannedCheck[] => {
    const context = { ...surroundings, path: [...path, definition.name], samples, masked };
    const compiled = definition.compile(one as never, context);
    if (compiled === undefined) return [];
    const said =
      declaration.name !== undefined && each.length > 1 ? `${declaration.name}: ${compiled.says}` : declaration.name;
    return [
      {
        reads: compiled.reads,
        query: {
          check: definition.name,
          name: said ?? compiled.says,
          severity: declaration.severity ?? 'error',
          rows: compiled.rows,
          summary: compiled.summary ?? summarise(compiled.rows, samples, compiled.figures),
          mask: masked,
        },
      },
    ];
  });
}

/**
 * Whether the checks of a `when` hold in the catalog as it will be then: false as soon as one does not; null where only
 * the database can tell.
 */
export function holdInCatalog(
  declarations: readonly CheckDeclaration[],
  surroundings: CheckSurroundings,
  path: Path,
): boolean | null {
  let known: boolean | null = true;
  for (const [index, declaration] of declarations.entries()) {
    if (!isFor(surroundings.target, declaration)) continue;
    const definition = definitionOf(declaration);
    const context = { ...surroundings, path: [...path, index, definition.name], samples: 0, masked: [] };
    const holds = definition.holdsIn?.(declaration[definition.name] as never, context);
    if (holds === false) return false;
    if (holds === undefined) known = null;
  }
  return known;
}

function definitionOf(declaration: CheckDeclaration): CheckDefinition<never> {
  return CHECKS.find((check) => check.name in declaration)!;
}
