/**
 * A connection of which both ends believe that it is there, while nothing passes any more: the run notices, its server
 * process lets go of its rows, and everything is done once.
 */
import { expect, it, onTestFinished } from 'vitest';

import type { CommandResult } from '../../src/commands/command-result.js';
import type { RunEvent } from '../../src/executor/run-event.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import { testDatabase } from '../support/database.js';
import { printedRandom, ROUNDS, say } from './support/random.js';
import { apply, rollback, untilDone, writePlan } from './support/run-plan.js';
import { startWireProxy, type Moment } from './support/wire-proxy.js';

const random = printedRandom('test/faults/half-open.test.ts');

const SET_UP = `CREATE TABLE item (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
  INSERT INTO item (id) SELECT generate_series(1, 5000);
  CREATE TABLE tally (n int NOT NULL); INSERT INTO tally VALUES (0)`;

const PLAN = `defaults: { statement_timeout: 1s }
steps:
  - id: before
    sql: { up: UPDATE tally SET n = n + 1, down: UPDATE tally SET n = n - 1 }
  - id: fill
    backfill: { table: item, set: { n: n + 1 }, batch: { rows: 250, target: "off" } }
  - id: after
    sql: { up: UPDATE tally SET n = n + 10, down: UPDATE tally SET n = n - 10 }
`;
const STATE = 'SELECT min(i.n) AS least, max(i.n) AS most, t.n AS tally FROM item AS i, tally AS t GROUP BY t.n';

const KINDS: readonly (readonly [string, Moment, RegExp])[] = [
  ['COMMIT on its way out', 'before', /^COMMIT$/],
  ['the answer to COMMIT', 'answered', /^COMMIT$/],
  ['a statement of the plan on its way out', 'before', /\b(item|tally)\b/],
  ['the answer to one', 'answered', /\b(item|tally)\b/],
];

it.each(KINDS)('%s is swallowed, and nobody hangs up', async (what, moment, which) => {
  for (let round = 1; round <= ROUNDS; round++) {
    const test = await testDatabase({ after: onTestFinished });
    await test.query(SET_UP);
    let left = 1;
    let begun = false;
    // Of the statements of that kind, which one: drawn before, for each one that is drawn by itself can be missed by all.
    let skip = random.below(6);
    const proxy = await startWireProxy(test.url, (now, { text, pid }) => {
      if (begun && left > 0 && now === moment && which.test(text) && skip-- === 0) {
        left -= 1;
        proxy.swallow(pid);
      }
      return true;
    });
    const database = new PgDatabase({ url: proxy.url, answerLimitMs: 1_500, answerGraceMs: 500 });
    onTestFinished(async () => {
      await database.close();
      await proxy.close();
    });
    let retries = 0;
    const observe = (event: RunEvent): void => {
      begun ||= event.type === 'progress';
      if (event.type === 'retry') retries += 1;
    };
    const plan = await writePlan('silent', PLAN);
    // Where the session that holds the plan is one of them, only a person can know that nobody is behind it.
    const helped = async (turn: () => Promise<CommandResult<unknown>>): Promise<CommandResult<unknown>> => {
      const result = await turn();
      const pid = /server process (\d+)/.exec(result.diagnostics.map(({ detail }) => detail).join())?.[1];
      if (result.exit === 7) await test.query('SELECT pg_terminate_backend($1)', [pid]);
      return result;
    };
    const there = await untilDone(() => helped(() => apply(plan, database, { observe })), 10);
    expect(there.at(-1)?.exit, JSON.stringify(there.at(-1)?.diagnostics)).toBe(0);
    expect(await test.query(STATE)).toEqual([{ least: 1, most: 1, tally: 11 }]);
    left = 1;
    begun = false;
    skip = random.below(6);
    const back = await untilDone(() => helped(() => rollback(plan, database, { observe })), 10);
    expect(back.at(-1)?.exit, JSON.stringify(back.at(-1)?.diagnostics)).toBe(0);
    expect(await test.query(STATE)).toEqual([{ least: 0, most: 0, tally: 0 }]);
    expect(left).toBe(0);
    say(
      `${what} swallowed: ${retries} retries by itself, ${there.length} turns there, ${back.length} back; done twice or not at all: 0`,
    );
  }
});
