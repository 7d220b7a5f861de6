/**
 * What other runs did while a run was under way: their mirrors, their tables, whatever their operations left behind. A way back
 * that compares the catalog with what it was before does not answer for it.
 */
import { restrictTo, type Definitions } from '../catalog/fingerprint.js';
import type { Session } from '../executor/session.js';
import { touchedThereAndBack } from '../operation/definition-scope.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { recordedDefinitions } from '../postgres/journal/definitions.js';
import { findRun, listRuns, type StoredRun } from '../postgres/journal/runs.js';
import { isMirrorOfOthers } from '../windows/window-name.js';

/** `own`: keys of all that the run touches. True of a definition that is not its own. */
export type OfOthers = (identity: string) => boolean;

export async function changesOfOthers(
  session: Session,
  run: StoredRun,
  own: readonly string[],
  catalogs: readonly Definitions[],
): Promise<OfOthers> {
  const theirs = new Set<string>();
  for (const { name, plan, finishedAt } of await listRuns(session)) {
    if (plan === run.plan || (finishedAt !== null && finishedAt < run.createdAt)) continue;
    const other = await findRun(session, name);
    if (other === undefined) continue;
    const keys = touchedThereAndBack(JSON.parse(other.graph) as OperationGraph).filter((key) => !own.includes(key));
    for (const definitions of catalogs) for (const identity in restrictTo(definitions, keys)) theirs.add(identity);
    for (const { definitions } of await recordedDefinitions(session, other.id))
      for (const identity in definitions) theirs.add(identity);
  }
  const mine = new Set(catalogs.flatMap((definitions) => Object.keys(restrictTo(definitions, own))));
  return (identity) => isMirrorOfOthers(identity, run.plan) || (theirs.has(identity) && !mine.has(identity));
}
