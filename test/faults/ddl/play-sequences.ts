/**
 * `ddl`: random definitions over random schemas, on one server. A plan of them leaves what psql would leave, and taken back,
 * from its end or from the middle, it leaves the exact fingerprint and the rows of before.
 */
import { expect, it } from 'vitest';

import { loadGrammar, isSyntaxError } from '../../../src/sql/grammar.js';
import { SAMPLES } from '../../../src/steps/ddl/samples.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { forgetTables } from '../../integration/steps/whole-cycle.js';
import { numbersOf, randomFrom, say, SEEDS, told } from '../support/random.js';
import { makeSequence, playSequence, type Sequence } from './random-sequence.js';
import { runSequence, type SequenceEnd } from './run-sequence.js';
import { shrinkSequence } from './shrink-sequence.js';
import { formsOf } from './statement-form.js';

/** Numbers from 1 of CI's size, of which those are played that have a form that fewer than so many before them have. */
const [MADE, ENOUGH_OF_A_FORM] = [250, 2];
/** One for all, so that red stays red; `LOCKSTEP_FAULTS_SEED` for others. */
const SEED = Number(process.env['LOCKSTEP_FAULTS_SEED'] ?? '') || 1;
const MOST_SHOWN = 8;
const RANGE = SEEDS ?? { from: 1, to: MADE };
const NUMBERS = numbersOf(RANGE);

const grammar = await loadGrammar();

/** `file`: the test file, for the command that has it again. */
export async function playSequences(major: number, file: string): Promise<void> {
  say(`${file}: more, or others, with LOCKSTEP_SEEDS=${told(RANGE)} npm run test:faults -- ${file}`);
  const met = new Map<string, number>();
  const test = await testDatabase({ major });

  // About one a second; beside other work on the machine it was four.
  it(`sequences of definitions on server ${major}`, { timeout: 60_000 + NUMBERS.length * 20_000 }, async () => {
    const ends: SequenceEnd[] = [];
    const problems: string[] = [];
    const seen = new Set<string>();
    let failures = 0;
    for (const number of NUMBERS) {
      const seed = Math.imul(SEED ^ (number * 0x9e3779b1), 0x85ebca6b) ^ major;
      await forgetTables(test);
      const { sequence, left, partitioned } = await makeSequence(test, seed);
      const forms = formsIn(sequence, partitioned);
      if (SEEDS === undefined && forms.every((form) => (met.get(form) ?? 0) >= ENOUGH_OF_A_FORM)) continue;
      for (const form of forms) met.set(form, (met.get(form) ?? 0) + 1);
      const random = randomFrom(seed + 1);
      const prefixes = (operations: number): readonly number[] => {
        if (operations < 2) return [];
        if (number % 10 === 0) return Array.from({ length: operations - 1 }, (_, index) => index + 1);
        return [1 + random.below(operations - 1)];
      };
      const end = await runSequence(test, sequence, { left, prefixes });
      ends.push(end);
      if (end.problem === '') continue;
      failures += 1;
      const kind = end.problem.replaceAll(/`[^`]*`|"[^"]*"|\d+|public\.\S+/g, '…').slice(0, 200);
      if (seen.has(kind) || problems.length >= MOST_SHOWN) continue;
      seen.add(kind);
      problems.push(await shown(test, file, number, sequence, end));
    }
    say(summary(major, ends));
    expect(problems.join('\n\n'), `${failures} of ${ends.length} failed`).toBe('');
    const refused = ends.filter((each) => each.end === 'refused').length;
    if (ends.length >= 20) expect(refused, 'refused plans').toBeLessThanOrEqual(0.2 * ends.length);
  });

  if (NUMBERS.length < MADE) say(`skipped: whether every form was met is only asked of ${MADE} sequences and more`);
  it.runIf(NUMBERS.length >= MADE)('they meet every form that the registry has a sample of', () => {
    const samples = SAMPLES.filter(({ since = 0 }) => since <= major);
    const parts = samples.flatMap(({ sql }) => formsIn({ schema: [], steps: [[sql]] }, new Set(['events'])));
    const rows = [...met].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([form, n]) => `${n} ${form}`);
    say(`statements met on server ${major}: ${rows.join(', ')}`);
    // Asked of the server that knows all forms; what the other one meets is only told.
    const least = major === 18 ? 2 : 0;
    expect([...new Set(parts)].filter((form) => (met.get(form) ?? 0) < least)).toEqual([]);
  });
}

function formsIn({ steps }: Sequence, partitioned: ReadonlySet<string>): readonly string[] {
  return steps.flat().flatMap((sql) => {
    const read = grammar.statements(sql);
    if (isSyntaxError(read)) throw new Error(`${read.message}: ${sql}`);
    return read.flatMap((statement) => formsOf(statement, partitioned));
  });
}

/** As small as it gets, with the command that has it again. */
async function shown(
  test: TestDatabase,
  file: string,
  number: number,
  sequence: Sequence,
  { problem }: SequenceEnd,
): Promise<string> {
  const everywhere = (operations: number): readonly number[] =>
    problem.startsWith('stopped') ? Array.from({ length: Math.max(0, operations - 1) }, (_, index) => index + 1) : [];
  const run = async (each: Sequence): Promise<SequenceEnd | undefined> => {
    await forgetTables(test);
    try {
      await test.query(each.schema.join(';\n'));
    } catch {
      return undefined;
    }
    const left = await playSequence(test, each);
    return left && runSequence(test, each, { left, prefixes: everywhere });
  };
  const kindOf = (text = ''): string => text.replace(/^stopped after \d+/, 'stopped').split('\n')[0]!;
  const smallest = await shrinkSequence(sequence, async (each) => kindOf((await run(each))?.problem));
  return [
    `sequence ${number} on server ${test.major}: again with LOCKSTEP_SEEDS=${number} LOCKSTEP_FAULTS_SEED=${SEED} npm run test:faults -- ${file}`,
    ...smallest.schema.map((sql) => `  ${sql};`),
    ...smallest.steps.flatMap((step, index) => [`  -- step ${index + 1}`, ...step.map((sql) => `  ${sql};`)]),
    (await run(smallest))?.problem || problem,
  ].join('\n');
}

function summary(major: number, ends: readonly SequenceEnd[]): string {
  const count = (end: SequenceEnd['end']): number => ends.filter((each) => each.end === end).length;
  const reasons = new Map<string, number>();
  for (const { end, reason } of ends) {
    const words = `${end}: ${reason.replaceAll(/`[^`]*`/g, '…')}`;
    if (reason !== '') reasons.set(words, (reasons.get(words) ?? 0) + 1);
  }
  const sum = (of: (end: SequenceEnd) => number): number => ends.reduce((total, each) => total + of(each), 0);
  const told = [...reasons].sort(([, a], [, b]) => b - a).map(([reason, n]) => `\n    ${n} ${reason}`);
  return `server ${major}: ${ends.length} sequences, ${sum((each) => each.operations)} operations, ${sum((each) => each.turns)} times there and back; taken back ${count('taken back')}, final ${count('final')}, refused ${count('refused')}, failed ${count('failed')}${told.join('')}`;
}
