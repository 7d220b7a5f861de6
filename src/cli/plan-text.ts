/** Which text a plan is shown as: `plan` and `show` offer the same. */
import { EXIT } from '../commands/command-result.js';
import { renderPlanGraph } from '../render/render-plan-graph.js';
import { renderPlanMarkdown } from '../render/render-plan-markdown.js';
import { renderPlanSql } from '../render/render-plan-sql.js';
import { renderRunbook } from '../render/render-runbook.js';
import type { Verdict } from '../render/plan-verdict.js';
import type { PlanReport } from '../report/plan-report.js';
import type { Answer, Invocation } from './invocation.js';
import { nextCommands, shellWord } from './next-commands.js';

export interface PlanTextFlags {
  readonly sql?: boolean;
  readonly graph?: boolean;
  readonly runbook?: boolean;
  readonly format?: 'plain' | 'markdown';
}

export interface Shown {
  /** As it was typed. */
  readonly file: string;
  /** The command that shows all of it again: `lockstep show a.saved.json`. */
  readonly command: string;
}

/** `answer`: that of a command whose report is a plan. */
export function asPlanText(answer: Answer, { options }: Invocation<PlanTextFlags>, { file, command }: Shown): Answer {
  const { sql, graph, runbook, format } = options;
  const report = answer.result.report as PlanReport | null;
  // Text for another program: what to type next would be in its way.
  const result = { ...answer.result, next: [] };
  if (sql === true) return { ...answer, result, shown: () => (report === null ? '' : renderPlanSql(report)) };
  if (graph === true) return { ...answer, result, shown: () => (report === null ? '' : renderPlanGraph(report)) };
  if (runbook === true) {
    const complete = (text: string): string => nextCommands([text], options)[0]!;
    const facts = { file: shellWord(file), again: command, command: complete };
    const shown = (): string => (report === null ? '' : renderRunbook({ ...facts, report }));
    return { ...answer, result, shown };
  }
  if (format !== 'markdown') return answer;
  const [all = '', ofSql = '', ofGraph = ''] = nextCommands(
    [command, `${command} --sql`, `${command} --graph`],
    options,
  );
  const facts = { file, report, verdict: verdictOf(answer), command: { all, sql: ofSql, graph: ofGraph } };
  return { ...answer, nextIsShown: true, shown: (_, said) => renderPlanMarkdown({ ...facts, ...said }) };
}

function verdictOf({ exit, result: { report, diagnostics } }: Answer): Verdict {
  if (report === null) return exit === EXIT.planInvalid ? 'invalid' : 'refused';
  return diagnostics.some(({ code }) => code === 'LS9021') ? 'stale' : 'ready';
}
