/** Graphs that the journal has stored, and whether they still are what was stored: what was shown, approved and begun. */
import { sha256 } from '../../kernel/digest.js';
import { JournalRefusal } from './journal-refusal.js';

/** The same question inside of a statement, which may only then read the text as JSON: whether the run's graph is what was stored. */
export const isAsStored = (row: string): string =>
  `${row}.graph_digest = 'ls1:' || encode(sha256(convert_to(${row}.graph, 'UTF8')), 'hex')`;

export function changedGraph(run: string): JournalRefusal {
  return new JournalRefusal(
    'changed',
    `the graph that the journal has for ${run} is not the one that was stored: its digest is another, so somebody has changed it since`,
    REMEDY,
  );
}

const REMEDY =
  'Nothing of it is run. Find out who may write to the schema lockstep; restore the row from a backup, or finish by hand what was begun.';

/**
 * `text`: the canonical bytes. `digests`: what is known of them, in the run and in its trail; null where a version did not keep it.
 * Throws a JournalRefusal (`changed`).
 */
export function refuseChanged(run: string, what: string, text: string, digests: readonly (string | null)[]): void {
  const now = `ls1:${sha256(text)}`;
  const stored = digests.find((digest) => digest !== null && digest !== now);
  if (stored === undefined) return;
  throw new JournalRefusal(
    'changed',
    `the ${what} that the journal has for ${run} has the digest ${now}, and it was stored with ${stored}: somebody has changed it since`,
    REMEDY,
  );
}
