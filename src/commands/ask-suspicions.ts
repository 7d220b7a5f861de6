/** Asks the rows whether what names suggest can be so: a suggestion that they refute is not made. */
import { DatabaseError, type Session } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { CompiledPlan } from '../planner/compile-plan.js';

/** Nobody waits longer than this for a suggestion. */
const LONGEST_MS = 1_000;

/** In the caller's transaction. What cannot be asked, or not quickly, is said by its name alone. */
export async function askSuspicions(session: Session, { suspicions }: CompiledPlan): Promise<readonly Diagnostic[]> {
  const said: Diagnostic[] = [];
  for (const { sql, diagnostic } of suspicions) {
    const answer = await asked(session, sql);
    if (answer === undefined || answer.looked === 0) said.push(diagnostic);
    else if (answer.found === answer.looked)
      said.push({
        ...diagnostic,
        detail: `${diagnostic.detail} All of ${answer.looked} values that were looked at are there.`,
      });
  }
  return said;
}

async function asked(
  session: Session,
  sql: string,
): Promise<{ readonly looked: number; readonly found: number } | undefined> {
  await session.query('SAVEPOINT suspicion');
  try {
    await session.query(`SET LOCAL statement_timeout = ${LONGEST_MS}`);
    const { rows } = await session.query<{ looked: string; found: string }>(sql);
    return { looked: Number(rows[0]!.looked), found: Number(rows[0]!.found) };
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
    return undefined;
  } finally {
    // Takes the timeout back as well.
    await session.query('ROLLBACK TO SAVEPOINT suspicion');
  }
}
