/** How long one operation of the last run took, by the journal: from the end of the one before it to its own. */
import type { BenchServer } from './bench-server.js';

export async function operationMs(server: BenchServer, id: string): Promise<number> {
  const [found] = await server.rows<{ ms: string }>(`SELECT 1000 * extract(epoch FROM o.finished_at - coalesce(
      (SELECT max(b.finished_at) FROM lockstep.operation AS b WHERE b.run_id = o.run_id AND b.ordinal < o.ordinal), r.created_at)) AS ms
    FROM lockstep.operation AS o JOIN lockstep.run AS r ON r.id = o.run_id WHERE o.id = '${id}'`);
  if (found === undefined) throw new Error(`no operation ${id} was run`);
  return Number(found.ms);
}
