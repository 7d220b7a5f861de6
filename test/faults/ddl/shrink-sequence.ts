/** A failing sequence without what it does not need to fail in the same way: statement by statement, as long as it helps. */
import type { Sequence } from './random-sequence.js';

/** `fails`: the first line of its problem; empty where it has none. */
export async function shrinkSequence(
  sequence: Sequence,
  fails: (sequence: Sequence) => Promise<string>,
): Promise<Sequence> {
  const wanted = await fails(sequence);
  // It depends on which of two goes first.
  if (wanted === '') return sequence;
  let smallest = sequence;
  for (let size = -1; size !== sizeOf(smallest);) {
    size = sizeOf(smallest);
    for (let at = size - 1; at >= 0; at--) {
      if (at >= sizeOf(smallest)) continue;
      const smaller = withoutStatement(smallest, at);
      if (smaller.steps.length > 0 && (await fails(smaller)) === wanted) smallest = smaller;
    }
  }
  return smallest;
}

function sizeOf({ schema, steps }: Sequence): number {
  return schema.length + steps.flat().length;
}

/** Counted through the schema and then the steps. */
function withoutStatement({ schema, steps }: Sequence, at: number): Sequence {
  let index = schema.length;
  return {
    schema: schema.filter((_, position) => position !== at),
    steps: steps.map((step) => step.filter(() => index++ !== at)).filter((step) => step.length > 0),
  };
}
