/**
 * A statement outside a transaction whose effect the catalog shows: a concurrent build. Intent recorded, sent, observed,
 * completion recorded. Where an answer is missing nobody is asked: the catalog says whether it happened, and what a killed
 * attempt left is taken away before the next one. IF NOT EXISTS would report success over exactly that.
 */
import type { CheckQuery } from '../operation/check-query.js';
import type { Observation, StatementOperation } from '../operation/operation.js';
import { ask } from './ask.js';
import { assertAll, RefusedError } from './assert-all.js';
import type { Ended, Execution } from './execution.js';
import type { OperationState } from './journal.js';
import { mendDuplicates } from './mend-duplicates.js';
import { prepareOutside, processesOf } from './outside-session.js';
import { persist } from './persist.js';
import { recordedError } from './recorded-error.js';
import { MAX_BUILDS, pauseBeforeTryMs, remedyFor } from './retry-policy.js';
import { runTransaction } from './run-transaction.js';
import { DatabaseError, type Session } from './session.js';
import { backendPid, tellerOf, watchStatement } from './watch-statement.js';

type Observed = StatementOperation & { readonly observation: Observation };

/**
 * `failed` says that nothing of it is there, so going on sends it again without a look; `in doubt` that the catalog could
 * not be asked. From the beginning only `reached` is no reason to call it done: somebody else's index would become ours,
 * and the way back would drop it. The way back itself has nothing to lose: what is gone is gone.
 */
export async function observedStatement(
  operation: Observed,
  from: OperationState,
  execution: Execution,
): Promise<Ended> {
  const { stop, clock, random, observe } = execution;
  const begun = from === 'running' || from === 'in doubt' || execution.direction === 'rollback';
  let before: 'fresh' | 'clean' | Sent['state'] = begun ? 'lost' : 'fresh';
  let error: DatabaseError | undefined;
  for (let tries = 0; ; tries++) {
    if (stop.aborted) return { state: 'stopped' };
    if (before === 'lost' || before === 'refused') {
      const find = before === 'lost' ? settle : takeAwayLeftover;
      const found = await find(operation, execution).catch(unobserved);
      if (found === 'stopped') return { state: 'stopped' };
      if (found === 'reached') return { state: 'done', outcome: { reason: 'the catalog shows that it has run' } };
      if (found !== 'clean') return found;
      before = 'clean';
    }
    if (error !== undefined) {
      const mended = tries < MAX_BUILDS ? await mendDuplicates(operation, error, execution) : undefined;
      if (mended !== 'mended' && (tries >= MAX_BUILDS || remedyFor(error) === 'give-up')) {
        return { state: 'failed', outcome: { error: mended ?? recordedError(error) } };
      }
      const { id, step } = operation;
      const pauseMs = pauseBeforeTryMs(tries, random);
      observe({ type: 'retry', operation: id, step, reason: error.message, tries, pauseMs });
      await clock.sleep(pauseMs, stop);
    }
    const sent = await send(operation, before === 'fresh', execution);
    if (sent === 'done') return { state: 'done', outcome: {} };
    if (sent.state !== 'not sent') before = sent.state;
    error = sent.error;
  }
}

interface Sent {
  /**
   * `refused`: the server said that it failed, and may have left something behind. `lost`: nobody knows what became of it.
   * `not sent`: nothing happened.
   */
  readonly state: 'refused' | 'lost' | 'not sent';
  readonly error: DatabaseError;
}

const DUPLICATE_TABLE = '42P07';

async function send(operation: Observed, fresh: boolean, execution: Execution): Promise<Sent | 'done'> {
  const { journal, run, database } = execution;
  await persist(execution, operation, (session) =>
    runTransaction(execution, session, () => journal.moveOperation(session, run, operation.id, 'running')),
  );
  const own = { sent: false };
  const once = async (session: Session): Promise<'done'> => {
    await prepareOutside(operation, session, execution);
    // Only now that the process has its name: an executor that was overtaken before is stopped here, and one that is
    // overtaken after this is found by the other.
    await journal.lockedState(session, run, operation.id);
    if (fresh) await refuseForeignLeftover(operation, session);
    await assertAll(operation, session);
    const { sql, parameters } = operation.statements[0]!;
    const pid = await backendPid(session);
    own.sent = true;
    await watchStatement(execution, operation, pid, () => session.query(sql, parameters));
    await refuseUnlessReached(operation.observation.reached, session);
    return 'done';
  };
  try {
    return await execution.slots.with(() => database.withSession(once));
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { kind, sqlstate } = error.facts;
    // Refused before anything was made: what is there, perhaps still being built, is somebody else's.
    if (!own.sent || sqlstate === DUPLICATE_TABLE) return { state: 'not sent', error };
    return { state: kind === 'statement' ? 'refused' : 'lost', error };
  }
}

async function refuseUnlessReached(reached: CheckQuery, session: Session): Promise<void> {
  const { violations, samples } = await ask(reached, session);
  if (violations === 0) return;
  const message = `the server reported success, but the catalog does not show it: ${reached.name}`;
  throw new RefusedError({ code: 'effect_missing', message, rows: samples });
}

/** It may be under construction by somebody else at this moment; once it is built, a DROP of ours would take it away. */
async function refuseForeignLeftover({ observation }: Observed, session: Session): Promise<void> {
  if (observation.leftover === null) return;
  const { absent } = observation.leftover;
  const { violations, samples } = await ask(absent, session);
  if (violations === 0) return;
  const message = `something invalid of that name is there already, and not by this run: ${absent.name}`;
  throw new RefusedError({ code: 'leftover_of_others', message, rows: samples });
}

/**
 * What became of an attempt of which no answer came. `clean`: it has not happened, and nothing of it is left. Waits for
 * statements of ours that are still running, however long that takes.
 */
async function settle(operation: Observed, execution: Execution): Promise<'reached' | 'clean' | 'stopped'> {
  const tell = tellerOf(execution, operation);
  for (;;) {
    if (execution.stop.aborted) return 'stopped';
    const others = await persist(execution, operation, async (session) => {
      const found = await processesOf(operation, session, execution);
      for (const { pid, state } of found) {
        // Its client is gone, or was overtaken just before it would have sent the statement.
        if (state === 'idle') await session.query('SELECT pg_catalog.pg_terminate_backend($1)', [pid]);
      }
      // A look that fails says nothing about the statement.
      if (found[0] !== undefined)
        await tell(session, found[0].pid).then(
          (told) => told(),
          () => undefined,
        );
      return found;
    });
    if (others.length === 0) break;
    await execution.clock.sleep(OWN_PAUSE_MS, execution.stop);
  }
  const reached = await persist(execution, operation, async (session) => {
    await prepareOutside(operation, session, execution);
    return (await ask(operation.observation.reached, session)).violations === 0;
  });
  return reached ? 'reached' : takeAwayLeftover(operation, execution);
}

/** Until a statement of ours has ended. */
const OWN_PAUSE_MS = 500;

/** Asked again after every attempt to remove it: that may be killed as well. */
async function takeAwayLeftover(operation: Observed, execution: Execution): Promise<'clean'> {
  const { leftover } = operation.observation;
  if (leftover === null) return 'clean';
  await persist(execution, operation, async (session) => {
    await prepareOutside(operation, session, execution);
    if ((await ask(leftover.absent, session)).violations === 0) return;
    const pid = await backendPid(session);
    await watchStatement(execution, operation, pid, () => session.query(leftover.remove));
    await refuseUnlessReached(leftover.absent, session);
  });
  return 'clean';
}

function unobserved(error: unknown): Ended {
  if (!(error instanceof DatabaseError)) throw error;
  const { message, detail } = recordedError(error);
  return {
    state: 'in doubt',
    outcome: {
      error: {
        code: 'unobserved',
        message: `a statement outside a transaction was sent, and what became of it could not be asked: ${message}`,
        ...(detail !== undefined && { detail }),
      },
    },
  };
}
