/**
 * A fill under a throttle, watched: what its signals said, and how far it had come when it was held back. The fill is not
 * idempotent (`n = n + 1`), so that a row that was done twice or left out shows.
 */
import { expect, onTestFinished } from 'vitest';

import type { ApplyReport } from '../../../src/commands/apply.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import type { Database } from '../../../src/executor/session.js';
import { planOn, told, type PlanOnDatabase } from '../../support/plan-on-database.js';

export type ThrottleEvent = Extract<RunEvent, { type: 'throttle' }>;

export const ROWS = 200;

/** A table `n` of 200 rows, filled in batches of 10 by one worker. */
export const TABLE = `DROP SCHEMA IF EXISTS lockstep CASCADE; DROP TABLE IF EXISTS n; CREATE TABLE n (id int PRIMARY KEY, n int NOT NULL);
  INSERT INTO n SELECT i, 0 FROM generate_series(1, ${ROWS}) AS i`;

export interface HeldRun {
  readonly plan: PlanOnDatabase;
  readonly events: readonly RunEvent[];
  /** Resolves with the next event of the throttle that fits; rejects when the run ends before. */
  readonly until: (fits: (event: ThrottleEvent) => boolean) => Promise<ThrottleEvent>;
  readonly stop: () => void;
  readonly result: Promise<CommandResult<ApplyReport>>;
}

let plans = 0;

export function startFill(
  database: Database,
  throttle: Readonly<Record<string, unknown>>,
  more: {
    readonly expression?: string;
    readonly rows?: number;
    readonly plan?: PlanOnDatabase;
    readonly ignoreThrottle?: readonly string[];
  } = {},
): HeldRun {
  const { expression = 'n + 1', rows = 10 } = more;
  const plan =
    more.plan ??
    planOn(database, {
      name: `held-${++plans}`,
      defaults: { batch: { rows, target: 'off' }, workers: 1 },
      throttle,
      steps: [{ id: 'fill', backfill: { table: 'n', set: { n: expression } } }],
    });
  const events: RunEvent[] = [];
  const watchers = new Set<(event: ThrottleEvent) => void>();
  const controller = new AbortController();
  const result = plan.apply({
    stop: controller.signal,
    ...(more.ignoreThrottle !== undefined && { ignoreThrottle: more.ignoreThrottle }),
    observe: (event) => {
      events.push(event);
      if (event.type === 'throttle') for (const watcher of [...watchers]) watcher(event);
    },
  });
  // A test that fails leaves nothing running that would be in the way of the next.
  onTestFinished(async () => {
    controller.abort();
    await result.catch(() => undefined);
  });
  const until: HeldRun['until'] = (fits) =>
    new Promise((resolve, reject) => {
      const watcher = (event: ThrottleEvent): void => {
        if (!fits(event)) return;
        watchers.delete(watcher);
        resolve(event);
      };
      watchers.add(watcher);
      result.then((ended) => reject(new Error(`the run ended before: ${told(ended)}`)), reject);
    });
  return { plan, events, until, stop: () => controller.abort(), result };
}

export const held = ({ held: is }: ThrottleEvent): boolean => is;

/** Every row was filled once, and the run says that it is done. */
export async function expectExact(
  run: HeldRun,
  query: <Row>(sql: string) => Promise<readonly Row[]>,
  rows = ROWS,
): Promise<void> {
  expect(told(await run.result)).toBe('exit 0');
  expect(await query('SELECT n, count(*)::int AS rows FROM n GROUP BY n')).toEqual([{ n: 1, rows }]);
}
