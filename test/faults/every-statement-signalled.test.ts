/**
 * The server process of every statement of the reference plan is ended before the statement arrives, ended while it is at
 * work, cancelled while it is at work; there and back. One run meets every hundred-and-fiftieth statement, so that its
 * turns get somewhere in between. The quick size plays some of the 150 offsets; LOCKSTEP_FAULTS_ALL=1 plays all.
 */
import { afterAll, expect, inject, it } from 'vitest';

import { PgDatabase } from '../../src/postgres/pg-database.js';
import { ALL, printedRandom, ROUNDS, say } from './support/random.js';
import { goThrough, onCopy, referenceDatabases, type Way } from './support/reference-databases.js';
import type { Moment } from './support/wire-proxy.js';

const random = printedRandom('test/faults/every-statement-signalled.test.ts');
const { ways } = await referenceDatabases();
const { urls, defaultMajor } = inject('servers');
const administrator = new PgDatabase({ url: urls[defaultMajor]!, maxSessions: 1 });
afterAll(() => administrator.close());

const EVERY = 150;
/** Offsets of the quick size, for each signal and way. */
const SOME = 8 * ROUNDS;

const SIGNALS = [
  ['ended before it arrives', 'before', 'pg_terminate_backend($1, 5000)'],
  ['ended', 'sent', 'pg_terminate_backend($1)'],
  ['cancelled', 'sent', 'pg_cancel_backend($1)'],
] as const satisfies readonly (readonly [string, Moment, string])[];

function offsets(): readonly number[] {
  const all = Array.from({ length: EVERY }, (_, index) => index);
  const from = random.below(EVERY);
  return ALL ? all : Array.from({ length: SOME }, (_, index) => (from + Math.floor((index * EVERY) / SOME)) % EVERY);
}

/** Statements that differ in numbers only are one. */
const templateOf = (text: string): string => text.replace(/\d+/g, '#');

async function play(way: Way, moment: Moment, signal: string): Promise<string> {
  const [seen, hit] = [new Set<string>(), new Set<string>()];
  const failures: string[] = [];
  let hits = 0;
  let turns = 0;
  const chosen = offsets();
  for (const offset of chosen) {
    const ended = await onCopy(way, (copy) =>
      goThrough(way, copy, async (now, { number, text, pid }) => {
        if (now === 'before') seen.add(templateOf(text));
        if (now !== moment || number % EVERY !== offset) return true;
        hit.add(templateOf(text));
        hits += 1;
        await administrator.withSession((session) => session.query(`SELECT ${signal}`, [pid]));
        return true;
      }),
    );
    turns += ended.turns;
    if (ended.wrong.length > 0) failures.push(`offset ${offset}: ${ended.wrong.join('; ')}`);
  }
  expect(failures).toEqual([]);
  expect(hits).toBeGreaterThan(chosen.length);
  return `${hits} statements, ${hit.size} of ${seen.size} different ones, ${turns} commands; failures ${failures.length}`;
}

for (const way of ways) {
  it.each(SIGNALS)(`${way.name}: the server process of a statement is %s`, async (what, moment, signal) => {
    say(`${way.name}, ${what}: ${await play(way, moment, signal)}`);
  });
}
