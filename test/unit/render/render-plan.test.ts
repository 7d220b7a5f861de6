import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/render/display-width.js';
import { renderPlanGraph } from '../../../src/render/render-plan-graph.js';
import { renderPlanSql } from '../../../src/render/render-plan-sql.js';
import { renderPlan } from '../../../src/render/render-plan.js';
import { planReport } from '../../../src/report/plan-report.js';
import { batch, graph, operations, view } from './report-fixtures.js';

const facts = {
  graph,
  digest: `ls1:7f3c${'0'.repeat(56)}e91a`,
  description: 'Move credentials out of users.',
  server: { database: 'shop', user: 'app', version: '16.4' },
  estimates: { 'fill/fill/credentials': 84_200_000 },
};
const plan = planReport(facts);
const back = planReport({
  ...facts,
  server: null,
  graph: {
    ...graph,
    direction: 'rollback',
    operations: [
      batch('undo/cutover/sql', 'name it back', { step: 'sign-off' }),
      batch('undo/fill/fill/credentials', 'delete what was copied', { step: 'fill' }),
    ],
    edges: [],
  },
});

describe('a plan', () => {
  it('is a table of steps, with operations, locks and the way back beneath', () => {
    expect(renderPlan(plan, view)).toMatchInlineSnapshot(`
      "Plan move-credentials   3 steps, 4 operations      shop as app @ PostgreSQL 16.4, nothing written
      Move credentials out of users.

       #  step             worst lock                   rows  hazard  undo
       –  conditions       ACCESS SHARE credentials        –  –       –
          · an email belongs to one user
              ACCESS SHARE credentials
       1  fill (backfill)  ROW EXCLUSIVE credentials  ~84.2M  –       yes
            One table from another.
          · copy users into credentials (credentials)   ~84.2M rows
              plain insert
              ACCESS SHARE users · ROW EXCLUSIVE credentials
              undo: delete what was copied
       2  proof (verify)   ACCESS SHARE credentials        –  –       –
          · users with password
              ACCESS SHARE credentials
       3  sign-off (gate)  –                               –  –       –
          · wait for the approval of dba

      digest ls1:7f3c…e91a
      "
    `);
  });

  it('of a run on its way back lists the steps in the order in which they go', () => {
    expect(renderPlan(back, view)).toMatchInlineSnapshot(`
      "Way back of move-credentials   2 steps, 2 operations
      Move credentials out of users.

       #  step             worst lock                 rows  hazard
       1  sign-off (gate)  ROW EXCLUSIVE credentials     –  –
          · name it back
              plain insert
              ACCESS SHARE users · ROW EXCLUSIVE credentials
       2  fill (backfill)  ROW EXCLUSIVE credentials     –  –
            One table from another.
          · delete what was copied
              plain insert
              ACCESS SHARE users · ROW EXCLUSIVE credentials

      digest ls1:7f3c…e91a
      "
    `);
  });

  it('says a missing way back, a hazard and a skipped step in words', () => {
    const [first, ...rest] = plan.steps;
    const steps = [
      {
        ...first!,
        undo: { way: 'none', reason: 'the rows are gone' },
        hazards: ['data_loss'],
        skipped: 'its `when` does not hold',
      } as const,
      ...rest,
    ];
    const text = renderPlan({ ...plan, steps }, view);
    expect(text).toMatch(/skipped .* data_loss +NO$/m);
    expect(text).toContain('no way back: the rows are gone');
    expect(text).toContain('skipped: its `when` does not hold');
  });

  it.each([60, 80, 100])('fits %i columns, whatever its labels are', (width) => {
    const long = {
      ...plan,
      operations: plan.operations.map((row) => ({ ...row, label: `${row.label} ${'很长'.repeat(60)}` })),
    };
    const lines = renderPlan(long, { ...view, width })
      .split('\n')
      .slice(1);
    for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
  });

  it('cannot write to the screen', () => {
    const evil = {
      ...plan,
      description: 'a\u001b[2Jb',
      operations: [{ ...plan.operations[0]!, label: 'x\u001b[1A\ny' }],
    };
    expect(renderPlan(evil, view)).not.toContain('\u001b');
  });
});

describe('--sql', () => {
  it('is text for psql: a comment per operation, each statement ended', () => {
    expect(renderPlanSql(plan)).toMatchInlineSnapshot(`
      "-- Plan move-credentials, digest ls1:7f3c00000000000000000000000000000000000000000000000000000000e91a
      -- What each operation sends. lockstep itself also keeps its journal, and checks before and after.

      -- begin/require/1-unique: an email belongs to one user
      -- locks: ACCESS SHARE credentials
      SELECT 2;

      -- fill/fill/credentials: copy public.users into public.credentials (credentials)
      -- locks: ACCESS SHARE users · ROW EXCLUSIVE credentials
      -- repeated for each batch of 5000 rows at first, steered to 250 ms, each in one transaction with its checkpoint; $n: the range's bounds
      SELECT json_build_array(k.id::text) AS key FROM (SELECT k.id FROM public.users AS k WHERE k.id > $1::bigint AND k.id <= $2::bigint ORDER BY k.id OFFSET 4999 LIMIT 1) AS k;
      INSERT … WHERE s.id > $1::bigint AND s.id <= $2::bigint …;
      -- undo: delete what was copied

      -- proof/verify/1-row_count: users with password
      -- locks: ACCESS SHARE credentials
      SELECT 2;

      -- sign-off/gate: wait for the approval of dba
      -- nothing is sent
      "
    `);
  });

  it('ends a statement that ends in a comment on the next line, and keeps a label in its comment', () => {
    const [first] = plan.operations;
    const text = renderPlanSql({
      ...plan,
      operations: [{ ...first!, label: 'a\nDROP TABLE b', sql: ['SELECT 1 -- why'] }],
    });
    expect(text).toContain(': a DROP TABLE b\n');
    expect(text).toContain('SELECT 1 -- why\n;\n');
  });
});

describe('--graph', () => {
  it('is a Mermaid flowchart with an arrow per edge', () => {
    expect(renderPlanGraph(plan)).toMatchInlineSnapshot(`
      "%% plan move-credentials
      flowchart TD
        subgraph s1 ["conditions"]
          o1{{"an email belongs to one user"}}
        end
        subgraph s2 ["fill"]
          o2[["copy public.users into public.credentials (credentials)"]]
        end
        subgraph s3 ["proof"]
          o3{{"users with password"}}
        end
        subgraph s4 ["sign-off"]
          o4{"wait for the approval of dba"}
        end
        o1 --> o2
        o2 --> o3
        o3 --> o4
      "
    `);
  });

  it('has an arrow for each edge of the graph', () => {
    expect(renderPlanGraph(plan).match(/-->/g)).toHaveLength(graph.edges.length);
    expect(operations.length).toBeGreaterThan(graph.edges.length);
  });

  it('cannot be left by a label', () => {
    const evil = { ...plan, operations: [{ ...plan.operations[0]!, label: 'a"] --> `b`\nc #1 %%{init: {}}%%' }] };
    expect(renderPlanGraph(evil)).toContain('{{"a#34;] --#62; #96;b#96; c #35;1 #37;#37;{init#58; {}}#37;#37;"}}');
  });
});
