/**
 * The run, in processes of its own that are killed at random moments: whoever comes next goes on. Bounded in turns; what a
 * turn answered that it should not is an error that shows what it printed.
 */
import { systemClock } from '../../../../src/kernel/clock.js';
import type { TestDatabase } from '../../../support/database.js';
import type { Random } from '../../support/random.js';
import type { WrittenPlan } from '../../support/run-plan.js';
import type { PlanAction, PlanProcess, waitingProcesses } from '../../support/start-plan-process.js';

export interface Driven {
  readonly test: Pick<TestDatabase, 'url' | 'query' | 'value'>;
  readonly plan: WrittenPlan;
  readonly processes: ReturnType<typeof waitingProcesses>;
  readonly random: Random;
  /** State of the window and what was under way, for each kill. */
  readonly killedIn: string[];
}

/** Whether the latest run waits at that gate. */
export function waitsAt({ test }: Pick<Driven, 'test'>, gate: string): () => Promise<boolean> {
  const sql = `SELECT state FROM lockstep.operation WHERE run_id = (SELECT max(id) FROM lockstep.run) AND starts_with(id, $1)`;
  return async () => (await test.value(sql, [`${gate}/`])) === 'waiting';
}

export function runIs({ test }: Pick<Driven, 'test'>, status: string): () => Promise<boolean> {
  return async () => (await test.value('SELECT status FROM lockstep.run ORDER BY id DESC LIMIT 1')) === status;
}

export interface Drive {
  readonly action: PlanAction;
  /** Asked after every turn that was not killed. */
  readonly reached: () => Promise<boolean>;
  readonly kills: number;
  /** A kill comes within this time. */
  readonly killWithinMs: number;
}

const TURNS = 40;
/** Fewer than any walk of the plan has. */
const BATCHES = 60;

/** Rejects where the end is not reached in so many turns. */
export async function drive(driven: Driven, { action, reached, kills, killWithinMs }: Drive): Promise<void> {
  const { test, plan, processes, killedIn } = driven;
  const ends: string[] = [];
  let killed = 0;
  for (let turn = 1; turn <= TURNS; turn++) {
    const running = processes.take().run([{ action, url: test.url, ...plan }]);
    if (killed < kills) void killSometime(running, driven.random, killWithinMs);
    const { exitCode, signal, output } = await running.ended;
    if (signal === 'SIGKILL') {
      const where = await whereItStands(test);
      // Before it has begun there is nothing to break.
      if (where !== NOT_BEGUN) killed += 1;
      killedIn.push(where);
      continue;
    }
    const last = output.trim().split('\n').at(-1) ?? '';
    ends.push(`exit ${String(exitCode)}: ${last.slice(0, 600)}`);
    if (exitCode === 4 || exitCode === 70) throw new Error(`${action} ended so:\n${ends.join('\n')}`);
    if (await reached()) return;
    await systemClock.sleep(200);
  }
  throw new Error(`${action} did not come to its end in ${TURNS} turns:\n${ends.join('\n')}`);
}

/** In the midst of batches, or anywhere. */
async function killSometime(running: PlanProcess, random: Random, withinMs: number): Promise<void> {
  const [between, afterMs] = [random.next() < 0.5, random.next() * withinMs];
  if (between) {
    await running.batches(1 + random.below(BATCHES));
    await systemClock.sleep(random.next() * 2 * running.batchMs);
  } else await systemClock.sleep(afterMs);
  running.signal('SIGKILL');
}

const NOT_BEGUN = 'not begun';

async function whereItStands({ query }: Driven['test']): Promise<string> {
  const [there] = await query<{ there: boolean }>(`SELECT to_regclass('lockstep."window"') IS NOT NULL AS there`);
  if (there?.there !== true) return NOT_BEGUN;
  const rows = await query<{ at: string }>(
    `SELECT coalesce((SELECT state FROM lockstep."window" WHERE run_id = r.id), 'not open') || ', ' || coalesce(
       (SELECT string_agg(DISTINCT regexp_replace(id, '/[^/]*$', ''), ' ') FROM lockstep.operation WHERE run_id = r.id AND state = 'running'), 'between') AS at
     FROM lockstep.run AS r ORDER BY id DESC LIMIT 1`,
  );
  return rows[0]?.at ?? 'no run';
}
