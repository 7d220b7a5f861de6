/** Kills the process of a plan at random moments, starts it again, and lets the last one end. */
import { systemClock } from '../../../src/kernel/clock.js';
import type { TestDatabase } from '../../support/database.js';
import { walkFacts } from './journal-facts.js';
import type { Random } from './random.js';
import { startPlanProcess, type PlanToRun, type ProcessEnd } from './start-plan-process.js';

export interface Kills {
  /** Killed when the first batch was committed and the last was not: the journal says so. */
  readonly between: number;
  /** Killed before the first, or after the last. */
  readonly missed: number;
  /** Batches that were committed when each of the first kind happened. */
  readonly atBatches: readonly number[];
  readonly end: ProcessEnd;
}

export interface KillOrder {
  readonly folder: string;
  readonly action: 'apply' | 'rollback';
  readonly plan: PlanToRun;
  readonly database: TestDatabase;
  /** How many kills between the first and the last commit. */
  readonly wanted: number;
  /** Batches that a process may commit before it is killed, at most. */
  readonly patience: number;
  readonly random: Random;
  /** Asked after each kill between first and last commit; true: no more kills are needed. */
  readonly enough?: () => Promise<boolean>;
}

/** Rejects where the work ended before it could be killed as often as wanted: then it must be larger. */
export async function killUntil(order: KillOrder): Promise<Kills> {
  const { folder, action, plan, database, wanted, patience, random, enough } = order;
  const atBatches: number[] = [];
  let missed = 0;
  while (atBatches.length < wanted) {
    const running = startPlanProcess(folder, action, plan);
    // Some at any moment of the start, takeover included. Most within two batches after one: right after a batch nothing
    // is under way, and kills at that moment alone found neither of the two wrong designs.
    if (random.next() < 0.2) await systemClock.sleep(random.below(900));
    else {
      await running.batches(1 + random.below(patience));
      await systemClock.sleep(random.next() * 2 * running.batchMs);
    }
    running.signal('SIGKILL');
    const end = await running.ended;
    const facts = await walkFacts(database, plan.name, action);
    if (end.signal === 'SIGKILL' && facts.batches > 0 && facts.unfinished > 0) {
      atBatches.push(facts.batches);
      if (enough !== undefined && (await enough())) break;
      continue;
    }
    missed += 1;
    if (end.signal === null || missed > 10 * wanted)
      throw new Error(`only ${atBatches.length} of ${wanted} kills found work: ${end.output.slice(-2_000)}`);
  }
  const end = await startPlanProcess(folder, action, plan).ended;
  return { between: atBatches.length, missed, atBatches, end };
}
