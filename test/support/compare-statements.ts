/**
 * What `plan --sql` printed against what the server logged, both ways: every statement is predicted or our own, and every
 * prediction came true, as often as it was made. Owns the comparison; what counts as our own stands in `own-statements`.
 */
import type { OperationGraph } from '../../src/operation/operation-graph.js';
import { renderPlanSql, statementTexts } from '../../src/render/render-plan-sql.js';
import type { PlanReport } from '../../src/report/plan-report.js';
import { loadGrammar } from '../../src/sql/grammar.js';
import type { Log } from './logging-server.js';
import { isOwn } from './own-statements.js';
import { templatesFor } from './statement-template.js';

export interface Prediction {
  readonly report: PlanReport;
  readonly graph: OperationGraph;
  /** Ids of operations that did not run because of what they met. */
  readonly skipped: ReadonlySet<string>;
}

export interface Comparison {
  readonly logged: number;
  readonly predicted: number;
  /** A line for each template that only one side has. */
  readonly problems: readonly string[];
  readonly figures: string;
}

/** What was only tried counts for no prediction, but it must have been one. */
export async function compareStatements({ sent, errors }: Log, prediction: Prediction): Promise<Comparison> {
  const { report, graph, skipped } = prediction;
  const grammar = await loadGrammar();
  const template = templatesFor(graph);
  const predictions = report.operations
    .filter(({ id }) => !skipped.has(id))
    .flatMap((operation) =>
      printed(operation, report).map(({ sql, perhaps }) => ({ ...operation, perhaps, template: template(sql) })),
    );
  const foretold = new Set(predictions.map((each) => each.template));
  const found = new Map<string, number>();
  const foreign = new Map<string, string>();
  let [ours, unknown] = [0, 0];
  for (const { text: message, undone } of sent) {
    const text = template(message);
    if (foretold.has(text)) found.set(text, (found.get(text) ?? 0) + (undone ? 0 : 1));
    else if (isOwn(message, graph, grammar)) ours++;
    else {
      foreign.set(text, message);
      unknown++;
    }
  }
  const untrue = [...foretold].flatMap((text) => {
    const same = predictions.filter((each) => each.template === text);
    const [times, said] = [found.get(text) ?? 0, same.length];
    // A gate asks in each turn.
    const repeats = same.some(({ kind }) => kind === 'batch' || kind === 'gate');
    if (same.every(({ perhaps }) => perhaps)) return [];
    if (repeats ? times >= said : times === said) return [];
    return [`${same.map(({ id }) => id).join(', ')}: predicted ${said}, logged ${times}: ${text}`];
  });
  const matched = [...found.values()].reduce((sum, times) => sum + times, 0);
  const came = foretold.size - untrue.length;
  return {
    logged: sent.length,
    predicted: foretold.size,
    problems: [...[...foreign.values()].map((message) => `logged, not predicted: ${message}`), ...untrue],
    figures:
      `${sent.length} statements logged: ${matched} as predicted, ${ours} of lockstep's own; ${foretold.size} predicted;` +
      ` ${percent(sent.length - unknown, sent.length)} and ${percent(came, foretold.size)}` +
      (errors.length === 0 ? '' : `; refused by the server: ${errors.join('; ')}`),
  };
}

/** The way back of a build: its index may have gone with the constraint that took it over. */
const MAY_BE_GONE = /^DROP INDEX CONCURRENTLY IF EXISTS /;

interface Printed {
  readonly sql: string;
  /** Sent only where something was met. */
  readonly perhaps: boolean;
}

/** As a person reads it: each statement stands in what `plan --sql` prints; the lines about a loop and about a check are no statements. */
function printed({ id, sql }: PlanReport['operations'][number], report: PlanReport): readonly Printed[] {
  const text = renderPlanSql(report);
  const missing = statementTexts(sql).find((statement) => !text.includes(statement));
  if (missing !== undefined) throw new Error(`plan --sql does not show, for ${id}: ${missing}`);
  const instead = sql.findIndex((statement) => statement.startsWith('-- instead'));
  return sql
    .map((statement, index) => ({
      sql: statement,
      perhaps: (instead !== -1 && index > instead) || MAY_BE_GONE.test(statement),
    }))
    .filter((each) => !/^-- (repeated for each batch|instead|asked by each apply)/.test(each.sql));
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Math.floor((100 * part) / whole)} %`;
}
