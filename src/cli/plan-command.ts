/** `lockstep plan PLAN`. */
import { planCommand } from '../commands/plan.js';
import { renderPlanGraph } from '../render/render-plan-graph.js';
import { renderPlanSql } from '../render/render-plan-sql.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export interface PlanFlags {
  readonly sql?: boolean;
  readonly graph?: boolean;
  readonly detailedExitcode?: boolean;
  readonly out?: string;
}

export async function plan(file: string, invocation: Invocation<PlanFlags>): Promise<Answer> {
  const { sql, graph, detailedExitcode = false, out } = invocation.options;
  return withDatabase(invocation, {}, async ({ database }) => {
    const input = planInput(file, invocation);
    const result = await planCommand({
      ...input,
      database,
      detailedExitCode: detailedExitcode,
      ...(out !== undefined && { out }),
    });
    // Text for another program: what to type next would be in its way.
    if (sql === true) return { ...answerOf(result, renderPlanSql), result: { ...result, next: [] } };
    if (graph === true) return { ...answerOf(result, renderPlanGraph), result: { ...result, next: [] } };
    return answerOf(result, showReport.plan);
  });
}
