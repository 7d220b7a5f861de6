import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/kernel/diagnostic.js';
import { code, fenced, prose } from '../../../src/render/markdown-text.js';
import { renderPlanGraph } from '../../../src/render/render-plan-graph.js';
import { renderPlanMarkdown, type PlanMarkdownFacts } from '../../../src/render/render-plan-markdown.js';
import { planReport, type PlanReport } from '../../../src/report/plan-report.js';
import { graph } from './report-fixtures.js';

const plan = planReport({
  graph,
  digest: `ls1:7f3c${'0'.repeat(56)}e91a`,
  description: 'Move credentials out of users.',
  server: { database: 'shop', user: 'app', version: '16.4' },
  estimates: { 'fill/fill/credentials': 84_200_000 },
});

const facts: PlanMarkdownFacts = {
  file: 'plans/move-credentials.yaml',
  report: plan,
  verdict: 'ready',
  diagnostics: [],
  next: ['lockstep apply a.saved.json --expect-digest ls1:7f3c'],
  command: { all: 'lockstep show a', sql: 'lockstep show a --sql', graph: 'lockstep show a --graph' },
};

const problem: Diagnostic = {
  code: 'LS1103',
  severity: 'error',
  summary: 'unknown key in a step',
  detail: '`tabel` is not a field of `backfill`; did you mean `table`?',
  help: '`table` is required here',
  span: {
    file: 'plans/a.yaml',
    start: { offset: 9, line: 14, column: 5 },
    end: { offset: 14, line: 14, column: 10 },
  },
};

const HOSTILE = [
  'a | b |\n| c',
  '</details></summary><script>alert(1)</script>',
  '```\n# out\n````',
  '`x` \\| \\\\| y',
  '@team please look, see #12, !3, https://example.org and www.example.org',
  '![](https://example.org/x.png) [a](b) **bold** <!-- comment',
  '%%{init: {"theme":"dark"}}%% "] --> z; end',
  '&lt;b&gt; $x$ ~~y~~',
  '- 1. list',
  '',
];

/** What stands outside fences and folded away blocks alike, with fences cut out. */
function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^(`{3,})[a-z]*\n[\s\S]*?\n\1$/gm, '');
}

/** As cmark-gfm splits a row: a backslash takes the sign behind it along. */
function cellsOf(row: string): readonly string[] {
  const parts = row.match(/(?:\\[!-/:-@[-`{-~]|[^|])*/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function rowsOf(markdown: string): readonly string[] {
  return withoutFences(markdown)
    .split('\n')
    .filter((line) => line.startsWith('|'));
}

/** Every text of a plan that its author, or whoever edited a saved one, chooses. */
function hostilePlan(text: string): PlanReport {
  return {
    ...plan,
    plan: text,
    description: text,
    digest: text,
    server: { database: text, user: text, version: text },
    steps: plan.steps.map((step) => ({
      ...step,
      id: `${step.id}${text}`,
      kind: text,
      description: text,
      hazards: [text],
      worstLock: { relation: text, mode: 'SHARE' },
      undo: { way: 'none', reason: text },
      skipped: step.number === 1 ? text : null,
    })),
    operations: plan.operations.map((operation) => ({
      ...operation,
      step: `${operation.step}${text}`,
      label: text,
      locks: [{ relation: text, mode: 'SHARE' }],
      undo: { way: 'none', reason: text },
      sql: [text],
    })),
  };
}

describe('a plan as a comment', () => {
  it('is a verdict, the steps, and folded away the order and the SQL', () => {
    expect(renderPlanMarkdown(facts)).toMatchInlineSnapshot(`
      "✔ **Plan \`move-credentials\`**: 3 steps, 4 operations · worst lock \`ROW EXCLUSIVE credentials\` · no hazards · undo: yes · digest \`ls1:7f3c…e91a\`<br>Move credentials out of users.

      | # | step | worst lock | rows | hazard | undo |
      |---:|---|---|---:|---|---|
      | – | conditions | \`ACCESS SHARE credentials\` | – | – | – |
      | 1 | \`fill\` (backfill) | \`ROW EXCLUSIVE credentials\` | ~84.2M | – | yes |
      | 2 | \`proof\` (verify) | \`ACCESS SHARE credentials\` | – | – | – |
      | 3 | \`sign-off\` (gate) | – | – | – | – |

      <details><summary>Order of the operations</summary>

      \`\`\`mermaid
      %% plan move-credentials
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
      \`\`\`

      </details>

      <details><summary>SQL, locks and way back of each operation</summary>

      **\`begin/require/1-unique\`**<br>\`an email belongs to one user\`<br>locks: \`ACCESS SHARE credentials\`

      \`\`\`sql
      SELECT 2;
      \`\`\`

      **\`fill/fill/credentials\`**<br>\`copy users into credentials (credentials)\`<br>how: plain insert<br>locks: \`ACCESS SHARE users · ROW EXCLUSIVE credentials\`<br>undo: \`delete what was copied\`

      \`\`\`sql
      -- repeated for each batch of 5000 rows at first, steered to 250 ms, each in one transaction with its checkpoint; $n: the range's bounds
      SELECT json_build_array(k.id::text) AS key FROM (SELECT k.id FROM public.users AS k WHERE k.id > $1::bigint AND k.id <= $2::bigint ORDER BY k.id OFFSET 4999 LIMIT 1) AS k;
      INSERT … WHERE s.id > $1::bigint AND s.id <= $2::bigint …;
      \`\`\`

      **\`proof/verify/1-row_count\`**<br>\`users with password\`<br>locks: \`ACCESS SHARE credentials\`

      \`\`\`sql
      SELECT 2;
      \`\`\`

      **\`sign-off/gate\`**<br>\`wait for the approval of dba\`

      </details>

      Compiled against \`shop\` @ PostgreSQL \`16.4\`. Digest \`ls1:7f3c00000000000000000000000000000000000000000000000000000000e91a\`.

      Next:

      \`\`\`sh
      lockstep apply a.saved.json --expect-digest ls1:7f3c
      \`\`\`
      "
    `);
  });

  it('warns in its first line of hazards and of steps without a way back', () => {
    const steps = plan.steps.map((step) => ({
      ...step,
      hazards: step.id === 'fill' ? ['data_loss', 'blocks_writes'] : [],
      undo: { way: 'none', reason: 'the rows are gone' } as const,
    }));
    const [verdict = ''] = renderPlanMarkdown({ ...facts, report: { ...plan, steps } }).split(/<br>|\n/);
    expect(verdict).toMatchInlineSnapshot(
      `"⚠ **Plan \`move-credentials\`**: 3 steps, 4 operations · worst lock \`ROW EXCLUSIVE credentials\` · hazards \`data_loss\`, \`blocks_writes\` · undo: **NO** for \`conditions\`, \`fill\`, \`proof\`, \`sign-off\` · digest \`ls1:7f3c…e91a\`"`,
    );
  });

  it('says that a saved plan is stale, and what has changed', () => {
    const diagnostics = [{ ...problem, severity: 'warning' as const, detail: 'removed column\npublic.notes.extra' }];
    const text = renderPlanMarkdown({ ...facts, verdict: 'stale', diagnostics });
    expect(text).toMatch(/^⚠ \*\*Plan `move-credentials`\*\* is \*\*stale\*\*: 3 steps/);
    expect(text).toContain('<br>removed column<br>public.notes.extra<br>');
  });

  it('that was not compiled is its problems as a list, the worst first', () => {
    const { code: number, summary, detail } = problem;
    const placeless: Diagnostic = { code: number, severity: 'warning', summary, detail };
    const text = renderPlanMarkdown({
      ...facts,
      report: null,
      verdict: 'invalid',
      diagnostics: [placeless, problem],
      next: [],
    });
    expect(text).toMatchInlineSnapshot(`
      "✖ **Plan \`plans/move-credentials.yaml\`** is **invalid**: 1 error, 1 warning

      - **error LS1103**: unknown key in a step at \`plans/a.yaml:14:5\`<br>\`tabel\` is not a field of \`backfill\`; did you mean \`table\`?<br>help: \`table\` is required here
      - **warning LS1103**: unknown key in a step<br>\`tabel\` is not a field of \`backfill\`; did you mean \`table\`?
      "
    `);
  });
});

describe('a comment that would be too long', () => {
  const sql = { ...plan, operations: plan.operations.map((each) => ({ ...each, sql: ['SELECT 1 '.repeat(3000)] })) };

  it('leaves out the SQL first, and says which command prints it', () => {
    const text = renderPlanMarkdown({ ...facts, report: sql });
    expect(text).toContain('Left out, because it is longer than can be shown here: the SQL (`lockstep show a --sql`).');
    expect(text).toContain('```mermaid');
    expect(text).not.toContain('SELECT 1 ');
  });

  it('then the graph, also where Mermaid would not draw it', () => {
    const whole = renderPlanMarkdown(facts);
    const text = renderPlanMarkdown(facts, 1100);
    expect(whole.length).toBeGreaterThan(1100);
    expect(text).toContain('the SQL (`lockstep show a --sql`), the graph (`lockstep show a --graph`).');
    expect(text).not.toContain('mermaid');
    expect(rowsOf(text)).toEqual(rowsOf(whole));

    const after = Array.from({ length: 501 }, () => plan.operations[0]!.id);
    const knotted = { ...plan, operations: plan.operations.map((each) => ({ ...each, after })) };
    expect(renderPlanMarkdown({ ...facts, report: knotted })).toContain('here: the graph (`lockstep show a --graph`).');
  });

  it('then rows of the table', () => {
    const steps = Array.from({ length: 3000 }, (_, index) => ({
      ...plan.steps[1]!,
      number: index + 1,
      id: `s${index}`,
    }));
    const text = renderPlanMarkdown({ ...facts, report: { ...plan, steps } });
    const shown = rowsOf(text).length - 2;
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text.length).toBeGreaterThan(64_000);
    const left = String(3000 - shown).replace(/(\d)(\d{3})$/, '$1,$2');
    expect(text).toContain(`${left} steps (\`lockstep show a\`)`);
  });

  it('is short enough whatever there is, and tells how many problems found no room', () => {
    const many = Array.from({ length: 500 }, () => ({ ...problem, detail: 'x'.repeat(5000), help: '@'.repeat(5000) }));
    for (const report of [null, hostilePlan('|@`'.repeat(30_000))]) {
      const text = renderPlanMarkdown({
        ...facts,
        file: '`'.repeat(9000),
        report,
        verdict: 'refused',
        diagnostics: many,
      });
      expect(text.length).toBeLessThanOrEqual(65_000);
      expect(text).toMatch(/^- \d+ more problems: the output of the command lists all\.$/m);
    }
  });
});

describe('text of a plan', () => {
  const any = fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('|', '`', '\\', '<', '>', '&', '@', '#', '\n', '"', '%', '{', 'a', ' ', '</details>'),
    }),
  );
  const drawn = (text: string): PlanReport => ({ ...hostilePlan(text), server: plan.server });
  const usual = hostilePlan('x');

  it('leaves the table with its rows and cells', () => {
    fc.assert(
      fc.property(any, (text) => {
        const rows = rowsOf(renderPlanMarkdown({ ...facts, report: hostilePlan(`x${text}`) }));
        expect(rows).toHaveLength(usual.steps.length + 2);
        for (const row of rows) expect(cellsOf(row), row).toHaveLength(6);
      }),
    );
  });

  it('opens no tag, folds nothing away, and calls nobody', () => {
    fc.assert(
      fc.property(any, (text) => {
        const outside = withoutFences(renderPlanMarkdown({ ...facts, report: hostilePlan(text) }));
        const spans = outside.replaceAll(/`[^`\n]*`|<code>[^<]*<\/code>/g, '');
        const ours = spans.replaceAll(/<br>|<details><summary>[A-Za-z, ]+<\/summary>|<\/details>/g, '');
        expect(ours).not.toMatch(/[<>`\\[\]]|@\S/);
        expect(spans.match(/<details>/g)).toHaveLength(2);
        expect(spans.match(/<\/details>/g)).toHaveLength(2);
      }),
    );
  });

  it('leaves the graph with its boxes and arrows, and is read as it was', () => {
    const shape = (text: string): string => text.replaceAll(/"[^"\n]*"|^%%.*$/gm, '""');
    fc.assert(
      fc.property(any, (text) => {
        const shown = renderPlanGraph(drawn(`x${text}`));
        expect(shape(shown)).toBe(shape(renderPlanGraph(usual)));
        expect(shown.slice(2)).not.toMatch(/%%/);
        const label = /\{\{"([^"\n]*)"\}\}/.exec(shown)![1]!;
        const decoded = label.replaceAll(/#(\d+);/g, (_, point: string) => String.fromCharCode(Number(point)));
        expect(code(decoded)).toBe(code(`x${text}`));
      }),
    );
  });

  it.each([
    [code('public.users'), '`public.users`'],
    [code('a\n b'), '`a b`'],
    [code('a|b'), '<code>a&#124;b</code>'],
    [code(''), ''],
    [prose('`users` is not a table'), '`users` is not a table'],
    [prose('one\ntwo'), 'one<br>two'],
    [prose('<b> @dba #7 www.x.org'), '&#60;b&#62; &#64;&#8203;dba &#35;&#8203;7 www&#46;x.org'],
    [prose('an odd ` one'), 'an odd &#96; one'],
    [fenced('sql', 'SELECT 1;\n'), '```sql\nSELECT 1;\n```'],
    [fenced('sql', '````'), '`````sql\n````\n`````'],
  ])('is written as %s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
