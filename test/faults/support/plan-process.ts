/**
 * The program of a process that is killed: loads everything, reads one line of JSON that says what to run, several plans
 * side by side where it says so, and tells a line of JSON per event. Ends when its standard input does, so that it never
 * outlives the test.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { applyCommand } from '../../../src/commands/apply.js';
import { approveCommand } from '../../../src/commands/approve.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { rollbackCommand } from '../../../src/commands/rollback.js';
import { workCommand } from '../../../src/commands/work.js';
import type { RunEvent } from '../../../src/executor/run-event.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { WRONG_JOURNALS } from '../seeds/wrong-journals.js';
import type { PlanOrder } from './start-plan-process.js';

const input = createInterface({ input: process.stdin });
process.stdin.on('end', () => process.exit(99));
const [line] = (await once(input, 'line')) as [string];
const orders = JSON.parse(line) as readonly PlanOrder[];
const exits = await Promise.all(orders.map(follow));
process.exit(Math.max(...exits));

async function follow(order: PlanOrder, index: number): Promise<number> {
  const { exit, diagnostics, report } = await run(order);
  const details = diagnostics.map((diagnostic) => diagnostic.detail);
  await tell({ event: 'end', order: index, exit, details, ...(order.action === 'work' && { report }) });
  return exit;
}

async function run({ action, url, file, name, set = {}, wrong }: PlanOrder): Promise<CommandResult<unknown>> {
  const database = new PgDatabase({ url });
  const observe = (event: RunEvent): void =>
    void tell({ event: event.type, ...(event.type === 'progress' && { durationMs: event.durationMs }) });
  const options = {
    ...{ database, observe, stop: new AbortController().signal, agree: () => Promise.resolve(true) },
    ...(wrong !== undefined && { journal: WRONG_JOURNALS[wrong](new PgDatabase({ url })) }),
  };
  if (action === 'work') return workCommand({ ...options, run: name, argument: name });
  if (action === 'rollback') return rollbackCommand({ ...options, run: name, argument: file, onlyShow: false });
  const apply = () => applyCommand({ ...options, file, set, env: {} });
  const applied = await apply();
  const gate = /--gate (\S+)/.exec(applied.next.join('\n'))?.[1];
  if (action === 'apply' || gate === undefined) return applied;
  await approveCommand({ database, run: name, argument: file, gate, comment: null });
  return apply();
}

function tell(event: Readonly<Record<string, unknown>>): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(event)}\n`, () => resolve()));
}
