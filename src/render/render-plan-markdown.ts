/**
 * What will happen, as a comment beneath a pull request: a verdict in one line, the steps as a table, and folded away the
 * order of the operations, their SQL, locks and ways back. Owns what is left out where a comment would be too long.
 */
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { PlanReport } from '../report/plan-report.js';
import { code, fenced, folded, htmlCode, paragraphs, prose, shortened } from './markdown-text.js';
import { problemList } from './render-problems-markdown.js';
import { reachLines } from './reach-lines.js';
import { renderPlanGraph } from './render-plan-graph.js';
import { operationsText, stepRows, TABLE_HEAD } from './render-steps-markdown.js';
import { failureVerdict, planVerdict, type Verdict } from './plan-verdict.js';
import { showCount } from './show-amount.js';
import { limitTexts } from './throttle-text.js';

export interface PlanMarkdownFacts {
  /** As the user named it. */
  readonly file: string;
  /** Null where the plan was not compiled. */
  readonly report: PlanReport | null;
  readonly verdict: Verdict;
  readonly diagnostics: readonly Diagnostic[];
  /** Commands to type next, complete. */
  readonly next: readonly string[];
  /** Prints the whole; with `--sql` and `--graph` those. */
  readonly command: { readonly all: string; readonly sql: string; readonly graph: string };
}

/** GitHub refuses a comment above 65,536 characters. The rest is for what a workflow puts around it, to find it again. */
const MOST_CHARACTERS = 65_000;

/** What Mermaid draws with the settings that GitHub leaves it. */
const MOST_GRAPH = { characters: 50_000, edges: 500 };

/** Ends with a line feed. */
export function renderPlanMarkdown(facts: PlanMarkdownFacts, most = MOST_CHARACTERS): string {
  const { report } = facts;
  if (report === null) return failure(facts, most);
  const rows = stepRows(report);
  const sql = operationsText(report);
  const graph = drawnGraph(report);
  const reach = reachTexts(report);
  for (const parts of [{ reach, sql, graph }, { reach, graph }, { reach }, {}]) {
    const text = comment(report, facts, { ...parts, rows, rowsLeftOut: 0 });
    if (text.length <= most) return text;
  }
  const none = comment(report, facts, { rows: [], rowsLeftOut: rows.length });
  let room = most - none.length - TABLE_HEAD.join('\n').length - 2;
  const kept: string[] = [];
  for (const row of rows) {
    room -= row.length + 1;
    if (room < 0) break;
    kept.push(row);
  }
  return comment(report, facts, { rows: kept, rowsLeftOut: rows.length - kept.length });
}

interface Parts {
  readonly sql?: string;
  /** Undefined: left out, or too large to be drawn. */
  readonly graph?: string | undefined;
  /** What steps take along, folded away. */
  readonly reach?: readonly string[];
  readonly rows: readonly string[];
  readonly rowsLeftOut: number;
}

function comment(report: PlanReport, facts: PlanMarkdownFacts, parts: Parts): string {
  const { verdict, diagnostics, next, command } = facts;
  const { server, digest, description } = report;
  const where =
    server === null
      ? ''
      : `Compiled against ${code(shortened(server.database, 100))} @ PostgreSQL ${code(shortened(server.version, 50))}. `;
  const lead = description === null ? [] : [prose(shortened(description, 500))];
  return paragraphs([
    [planVerdict(report, verdict), ...lead].join('<br>'),
    problemList(diagnostics, 10_000),
    parts.rows.length === 0 ? '' : [...TABLE_HEAD, ...parts.rows].join('\n'),
    leftOutText(parts, report, command),
    report.throttle === null ? '' : `Throttle: ${limitTexts(report.throttle).map(code).join(' · ')}.`,
    ...(parts.reach ?? []),
    parts.graph === undefined ? '' : folded('Order of the operations', fenced('mermaid', parts.graph)),
    parts.sql === undefined ? '' : folded('SQL, locks and way back of each operation', parts.sql),
    `${where}Digest ${code(shortened(digest, 200))}.`,
    nextText(next),
  ]);
}

function reachTexts({ steps, direction }: PlanReport): readonly string[] {
  return (direction === 'apply' ? steps : []).flatMap(({ id, reach }) =>
    reach === undefined
      ? []
      : [folded(`What ${htmlCode(shortened(id, 200))} takes along`, fenced('text', reachLines(reach, 120).join('\n')))],
  );
}

function leftOutText(
  { reach, sql, graph, rowsLeftOut }: Parts,
  report: PlanReport,
  command: PlanMarkdownFacts['command'],
): string {
  const left = [
    ...(reach === undefined && reachTexts(report).length > 0 ? [`what steps take along (${code(command.all)})`] : []),
    ...(sql === undefined ? [`the SQL (${code(command.sql)})`] : []),
    ...(graph === undefined ? [`the graph (${code(command.graph)})`] : []),
    ...(rowsLeftOut > 0
      ? [`${showCount(rowsLeftOut)} ${rowsLeftOut === 1 ? 'step' : 'steps'} (${code(command.all)})`]
      : []),
  ];
  return left.length === 0 ? '' : `Left out, because it is longer than can be shown here: ${left.join(', ')}.`;
}

function drawnGraph(report: PlanReport): string | undefined {
  const graph = renderPlanGraph(report);
  const edges = report.operations.reduce((sum, { after }) => sum + after.length, 0);
  return graph.length <= MOST_GRAPH.characters && edges <= MOST_GRAPH.edges ? graph : undefined;
}

function failure({ file, verdict, diagnostics, next }: PlanMarkdownFacts, most: number): string {
  const around = [failureVerdict(file, verdict, diagnostics), nextText(next)] as const;
  const room = most - paragraphs([...around, '']).length - 4;
  return paragraphs([around[0], problemList(diagnostics, room), around[1]]);
}

function nextText(next: readonly string[]): string {
  const shown = next.slice(0, 3).map((line) => shortened(line, 2_000));
  return shown.length === 0 ? '' : `Next:\n\n${fenced('sh', shown.join('\n'))}`;
}
