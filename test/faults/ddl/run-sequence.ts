/**
 * A plan of a sequence, there and back: applied it leaves what its statements leave when psql runs them; taken back from
 * the end, or from anywhere between, it leaves catalog and rows as they were. Whatever is otherwise is a problem.
 */
import type { ApplyOptions, ApplyReport } from '../../../src/commands/apply.js';
import type { CommandResult } from '../../../src/commands/command-result.js';
import { diffFingerprints, type Definitions } from '../../../src/catalog/fingerprint.js';
import { HAZARDS } from '../../../src/operation/hazard.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import type { TestDatabase } from '../../support/database.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../support/plan-on-database.js';
import type { Sequence } from './random-sequence.js';

export interface SequenceEnd {
  /** `final`: it held what nothing brings back. `failed`: a statement was refused when it ran, and all was taken back. */
  readonly end: 'taken back' | 'final' | 'refused' | 'failed';
  /** Empty where all was as it should be. The first line says what kind of problem it is. */
  readonly problem: string;
  /** Of `refused`, the code and the reason; of `failed`, the SQLSTATE. */
  readonly reason: string;
  readonly operations: number;
  readonly turns: number;
}

export interface HowToRun {
  /** What the statements leave in psql; undefined where they do not all run. */
  readonly left: Definitions | undefined;
  /** Of so many operations, after which ones the run is stopped and taken back. */
  readonly prefixes: (operations: number) => readonly number[];
}

/** Reasons to refuse what psql would run: there is no way back, or it is a form that nobody has written yet. */
const RIGHTLY: ReadonlySet<string> = new Set(['LS6202', 'LS6203']);

const ALLOW = Object.fromEntries(Object.keys(HAZARDS).map((name) => [name, 'random']));

export async function runSequence(test: TestDatabase, sequence: Sequence, how: HowToRun): Promise<SequenceEnd> {
  const before = await rowsOf(test);
  const derived = sequencePlan(test, sequence, false);
  let applied = await derived.apply();
  const final = onlyCode(applied, 'LS6202');
  const plan = final ? sequencePlan(test, sequence, true) : derived;
  if (final) applied = await plan.apply();
  const operations = applied.report?.graph.operations.length ?? 0;
  const end = (of: Pick<SequenceEnd, 'end'> & Partial<SequenceEnd>): SequenceEnd => ({
    ...{ problem: '', reason: '', operations, turns: 1, ...of },
  });
  if (applied.report === null) {
    const wrong = how.left !== undefined && !RIGHTLY.has(codeOf(applied) ?? '');
    const problem = wrong ? `refused, and psql runs it\n${told(applied)}` : '';
    return end({ end: 'refused', reason: reasonOf(applied), problem });
  }
  const failed = applied.report.outcome !== 'done';
  if (failed && how.left !== undefined)
    return end({ end: 'failed', problem: `refused when it ran\n${told(applied)}`, reason: reasonOf(applied) });
  if (!failed && how.left !== undefined) {
    const now = await test.database.transaction((session) => readFingerprint(session), { readOnly: true });
    const other = diffFingerprints(how.left, now);
    if (other.length > 0) {
      const lines = other.map(({ line }) => line).join('\n');
      return end({ end: 'taken back', problem: `applied it is not what psql leaves\n${lines}` });
    }
  }
  const back = await takenBack(test, plan, before);
  if (final && back.irreversible) return end({ end: 'final' });
  if (back.problem !== '') return end({ end: 'taken back', problem: back.problem });
  if (failed) return end({ end: 'failed', reason: reasonOf(applied) });
  let turns = 1;
  for (const stopAt of how.prefixes(operations)) {
    turns += 1;
    const stopped = await plan.apply(stopAfterOperations(stopAt));
    if (stopped.report?.outcome !== 'stopped' && stopped.report?.outcome !== 'done')
      return end({
        end: 'taken back',
        problem: `stopped after ${stopAt}: refused when it ran\n${told(stopped)}`,
        turns,
      });
    const { problem } = await takenBack(test, plan, before);
    if (problem !== '') return end({ end: 'taken back', problem: `stopped after ${stopAt}: ${problem}`, turns });
  }
  return end({ end: 'taken back', turns });
}

let plans = 0;

export function sequencePlan(test: TestDatabase, { steps }: Sequence, final: boolean): PlanOnDatabase {
  return planOn(test.database, {
    name: `sequence-${++plans}`,
    steps: steps.map((statements, index) => ({
      id: `s${index + 1}`,
      ddl: statements.join(';\n'),
      allow: ALLOW,
      ...(final && { rollback: { none: 'random' } }),
    })),
  });
}

async function takenBack(
  test: TestDatabase,
  plan: PlanOnDatabase,
  before: Awaited<ReturnType<typeof rowsOf>>,
): Promise<{ readonly problem: string; readonly irreversible: boolean }> {
  const back = await plan.rollback();
  if (onlyCode(back, 'LS9010')) return { problem: `no way back\n${told(back)}`, irreversible: true };
  if (told(back) !== 'exit 0') return { problem: `the way back ended otherwise\n${told(back)}`, irreversible: false };
  const rows = await rowsOf(test);
  const same = JSON.stringify(rows) === JSON.stringify(before);
  return { problem: same ? '' : `rows differ\n${JSON.stringify(rows)}`, irreversible: false };
}

/** As a signal would: what is under way goes on to its end, nothing else begins. */
function stopAfterOperations(count: number): Pick<ApplyOptions, 'stop' | 'observe'> {
  const controller = new AbortController();
  let ended = 0;
  return {
    stop: controller.signal,
    observe: (event) => {
      if (event.type === 'operation' && event.to === 'done' && ++ended === count) controller.abort();
    },
  };
}

function onlyCode({ diagnostics }: CommandResult<unknown>, code: string): boolean {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return errors.length > 0 && errors.every((diagnostic) => diagnostic.code === code);
}

function codeOf({ diagnostics }: CommandResult<unknown>): string | undefined {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return (errors.find(({ code }) => !RIGHTLY.has(code)) ?? errors[0])?.code;
}

function reasonOf({ diagnostics }: CommandResult<ApplyReport | null>): string {
  const first = diagnostics.find(({ severity }) => severity === 'error');
  const state = /SQLSTATE (\w+)/.exec(first?.detail ?? '')?.[1];
  return state ?? `${first?.code ?? ''} ${first?.detail ?? ''}`.slice(0, 300);
}
