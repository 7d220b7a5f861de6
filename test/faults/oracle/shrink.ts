/** A failing case without what it does not need to fail in the same way: halves first, then piece by piece. */
import type { Moment, OracleCase } from './case.js';
import { playCase, type CaseEnd } from './play.js';
import type { TwoDatabases } from './play-units.js';
import { kindOfProblem } from './known-seeds.js';

/** Each is a life of a window: about a second. */
const MOST_TRIALS = 150;

type Pieces = (drawn: OracleCase) => number;
type Without = (drawn: OracleCase, from: number, to: number) => OracleCase;

/** Whatever can be left out, in the order in which it is tried. */
const PARTS: readonly (readonly [Pieces, Without])[] = [
  [({ moments }) => moments.reduce((sum, { units }) => sum + units.length, 0), withoutUnits],
  [({ schema }) => schema.length, (drawn, from, to) => ({ ...drawn, schema: drawn.schema.filter(outside(from, to)) })],
  [
    ({ moments }) =>
      moments.reduce((sum, { units }) => sum + units.reduce((all, { statements }) => all + statements.length, 0), 0),
    withoutStatements,
  ],
  [({ plan: { mappings = {} } }) => Object.keys(mappings).length, withoutMappings],
  [
    ({ plan: { steps } }) => steps.length,
    (drawn, from, to) => ({ ...drawn, plan: { ...drawn.plan, steps: drawn.plan.steps.filter(outside(from, to)) } }),
  ],
];

export async function shrinkCase(drawn: OracleCase, databases: TwoDatabases, kind: string): Promise<OracleCase> {
  let smallest = drawn;
  let trials = 0;
  const fails = async (each: OracleCase): Promise<boolean> => {
    trials += 1;
    // What does not even load, or breaks what compares, is not smaller.
    const end: CaseEnd | undefined = await playCase(each, databases).catch(() => undefined);
    return end !== undefined && end.problem !== '' && kindOfProblem(end.problem) === kind;
  };
  for (let before = -1; before !== sizeOf(smallest) && trials < MOST_TRIALS;) {
    before = sizeOf(smallest);
    for (const [pieces, without] of PARTS) {
      for (let width = Math.ceil(pieces(smallest) / 2); width >= 1; width = width === 1 ? 0 : Math.ceil(width / 2)) {
        for (let from = pieces(smallest) - width; from > -width && trials < MOST_TRIALS; from -= width) {
          const smaller = without(smallest, Math.max(0, from), from + width);
          if (sizeOf(smaller) < sizeOf(smallest) && (await fails(smaller))) smallest = smaller;
        }
      }
    }
  }
  return smallest;
}

function sizeOf(drawn: OracleCase): number {
  return PARTS.reduce((sum, [pieces]) => sum + pieces(drawn), 0);
}

function outside(from: number, to: number): (_: unknown, index: number) => boolean {
  return (_, index) => index < from || index >= to;
}

function withoutUnits(drawn: OracleCase, from: number, to: number): OracleCase {
  let index = 0;
  const moments = drawn.moments.map((moment): Moment => ({
    ...moment,
    units: moment.units.filter(() => outside(from, to)(null, index++)),
  }));
  return { ...drawn, moments };
}

function withoutStatements(drawn: OracleCase, from: number, to: number): OracleCase {
  let index = 0;
  const moments = drawn.moments.map((moment): Moment => ({
    ...moment,
    units: moment.units
      .map((unit) => ({ ...unit, statements: unit.statements.filter(() => outside(from, to)(null, index++)) }))
      .filter(({ statements }) => statements.length > 0),
  }));
  return { ...drawn, moments };
}

function withoutMappings(drawn: OracleCase, from: number, to: number): OracleCase {
  const { mappings = {}, steps } = drawn.plan;
  const kept = Object.entries(mappings).filter(outside(from, to));
  const names = new Set(kept.map(([name]) => name));
  const narrow = (value: unknown): unknown => {
    const { mappings: listed, ...rest } = value as { readonly mappings?: readonly string[] };
    return listed === undefined ? value : { ...rest, mappings: listed.filter((name) => names.has(name)) };
  };
  const narrowed = steps
    .map((step) =>
      Object.fromEntries(
        Object.entries(step).map(([field, value]) => [field, typeof value === 'object' ? narrow(value) : value]),
      ),
    )
    .filter(
      (step) =>
        !Object.values(step).some(
          (value) =>
            Array.isArray((value as { mappings?: unknown } | null)?.mappings) &&
            (value as { mappings: unknown[] }).mappings.length === 0,
        ),
    );
  return {
    ...drawn,
    plan: { ...drawn.plan, mappings: Object.fromEntries(kept), steps: narrowed },
    mappings: drawn.mappings.filter(({ id }) => names.has(id)),
  };
}
