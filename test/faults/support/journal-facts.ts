/** What the journal says about a run while nobody of ours is running it: the proof of when a process was killed. */
import type { TestDatabase } from '../../support/database.js';

export interface WalkFacts {
  /** Batches committed so far. */
  readonly batches: number;
  /** Ranges that are not at their end. */
  readonly unfinished: number;
}

/** Over all batch operations of the plan's latest run: those of the way there, or those of the way back. */
export async function walkFacts(
  { query }: Pick<TestDatabase, 'query'>,
  plan: string,
  direction: 'apply' | 'rollback',
): Promise<WalkFacts> {
  const [journal] = await query<{ there: boolean }>(`SELECT to_regclass('lockstep.range') IS NOT NULL AS there`);
  if (journal?.there !== true) return { batches: 0, unfinished: 0 };
  const [row] = await query<{ batches: string; unfinished: string }>(
    `SELECT coalesce(sum(batches), 0)::text AS batches, (count(*) FILTER (WHERE NOT done))::text AS unfinished
     FROM lockstep.range AS r
     WHERE run_id = (SELECT max(id) FROM lockstep.run WHERE plan = $1) AND starts_with(operation_id, 'undo/') = $2`,
    [plan, direction === 'rollback'],
  );
  return { batches: Number(row!.batches), unfinished: Number(row!.unfinished) };
}
