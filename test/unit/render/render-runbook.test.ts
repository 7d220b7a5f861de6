import { describe, expect, it } from 'vitest';
import { renderRunbook } from '../../../src/render/render-runbook.js';
import { planReport } from '../../../src/report/plan-report.js';
import { graph } from './report-fixtures.js';

const report = planReport({
  graph,
  digest: `ls1:7f3c${'0'.repeat(56)}e91a`,
  description: 'Move credentials out of users.',
  server: { database: 'shop', user: 'app', version: '16.4' },
  estimates: { 'fill/fill/credentials': 84_200_000 },
});
const facts = {
  file: 'plans/move.yaml',
  again: 'lockstep plan plans/move.yaml',
  command: (text: string) => `${text} --target prod`,
};

describe('a procedure', () => {
  it('has a stage for each step, each with its way back, and commands that are complete', () => {
    expect(renderRunbook({ ...facts, report })).toMatchInlineSnapshot(`
      "# Procedure: move-credentials

      Move credentials out of users.

      Compiled for \`shop\` @ PostgreSQL \`16.4\`. Digest \`ls1:7f3c00000000000000000000000000000000000000000000000000000000e91a\`. Made from the plan: when the plan changes, make it anew with \`lockstep plan plans/move.yaml --runbook --target prod\`.

      ## Before

      \`\`\`sh
      lockstep validate plans/move.yaml   # schema, names and SQL of the plan; needs no database
      lockstep plan plans/move.yaml --target prod   # what will run, what it locks, how it is taken back; writes nothing
      lockstep verify plans/move.yaml --target prod   # the baseline: which checks hold today
      \`\`\`

      ## Run

      \`\`\`sh
      lockstep apply plans/move.yaml --target prod   # begins, and goes on wherever it stopped
      lockstep status move-credentials --target prod   # where it stands, from another terminal
      lockstep pause move-credentials --target prod   # stops it after the batches at hand; what is done is kept
      \`\`\`

      ## Stage 1: conditions of the whole plan

      1. \`an email belongs to one user\`

      \`\`\`sh
      lockstep verify plans/move.yaml --sql --target prod   # the SQL of each check, to be asked by hand
      \`\`\`

      **Way back of this stage.** It has changed nothing that must be taken back.

      ## Stage 2: \`fill\` (\`backfill\`)

      One table from another.

      About 84.2M rows.

      1. \`copy users into credentials (credentials)\` – \`ACCESS SHARE users · ROW EXCLUSIVE credentials\`

      **Way back of this stage.** In this order:

      1. \`delete what was copied\`

      ## Stage 3: \`proof\` (\`verify\`)

      1. \`users with password\`

      \`\`\`sh
      lockstep verify plans/move.yaml --sql --target prod   # the SQL of each check, to be asked by hand
      \`\`\`

      **Way back of this stage.** It has changed nothing that must be taken back.

      ## Stage 4: \`sign-off\` (\`gate\`)

      The run stops here with exit 6 and waits for: \`approval by dba\`. Nothing stays running meanwhile.

      \`\`\`sh
      lockstep approve plans/move.yaml --gate sign-off --target prod   # the yes, as the database user who says it
      lockstep apply plans/move.yaml --target prod   # goes on, once all is there
      \`\`\`

      **Way back of this stage.** It has changed nothing that must be taken back.

      ## When it stops

      | exit | means | what to do |
      |---:|---|---|
      | 1 | a statement or a row was refused, or the connection is gone | read the message; \`lockstep apply plans/move.yaml --target prod\` goes on exactly there |
      | 4 | a check does not hold; the rows are shown | repair them, then \`lockstep apply plans/move.yaml --target prod\`, or the way back |
      | 5 | not approved, or somebody changed what it stands on | as the message says |
      | 6 | it waits, at a gate, for locks, for the throttle, or was paused | \`lockstep status move-credentials --target prod\` says for what; then \`lockstep apply plans/move.yaml --target prod\` |
      | 7 | another run has the plan or its tables | \`lockstep status --target prod\` says which |

      A killed process, a restarted server or a lost connection need no cleaning up: rows and checkpoint are one commit.

      ## The way back of the whole

      There is one at any time: it takes the stages that have run, the last first, and keeps what was written meanwhile.

      \`\`\`sh
      lockstep rollback plans/move.yaml --plan --target prod   # shows it
      lockstep rollback plans/move.yaml --target prod   # takes it, and compares the definitions with those before the run
      lockstep verify plans/move.yaml --target prod   # the checks again
      \`\`\`

      ## Record

      The database keeps it: \`lockstep status move-credentials --history --target prod\`.

      | time | event | from | to | details | user |
      |---|---|---|---|---|---|
      "
    `);
  });

  it('of a step without a way back says so, and until when there is one', () => {
    const [head, ...rest] = report.steps;
    const final = { ...rest[0]!, undo: { way: 'none', reason: 'it drops a table' } } as const;
    const text = renderRunbook({ ...facts, report: { ...report, steps: [head!, final, ...rest.slice(1)] } });
    expect(text).toContain('**None**: it drops a table.');
    expect(text).toContain('There is one until `fill` has run');
  });

  it('shows the first of very many operations, and says how to see the others', () => {
    const one = report.operations.find(({ step }) => step === 'fill')!;
    const many = Array.from({ length: 100 }, (_, index) => ({
      ...one,
      id: `fill/${index}`,
      label: `copy part ${index}`,
    }));
    const text = renderRunbook({ ...facts, report: { ...report, operations: many } });
    expect(text).toContain('60. `copy part 59`');
    expect(text).toContain('61. and 40 more: `lockstep plan plans/move.yaml --target prod`');
    expect(text).not.toContain('copy part 60');
  });
});
