/** `lockstep plan PLAN`. */
import { planCommand, planForSchemaCommand } from '../commands/plan.js';
import type { CommandResult } from '../commands/command-result.js';
import { renderPlanGraph } from '../render/render-plan-graph.js';
import { renderPlanSql } from '../render/render-plan-sql.js';
import type { PlanReport } from '../report/plan-report.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';
import { withSchema } from './with-schema.js';

export interface PlanFlags {
  readonly sql?: boolean;
  readonly graph?: boolean;
  readonly detailedExitcode?: boolean;
  readonly out?: string;
  readonly schema?: string;
}

export async function plan(file: string, invocation: Invocation<PlanFlags>): Promise<Answer> {
  const { detailedExitcode = false, out, schema: schemaFile } = invocation.options;
  const options = {
    ...planInput(file, invocation),
    detailedExitCode: detailedExitcode,
    ...(out !== undefined && { out }),
  };
  if (schemaFile !== undefined) {
    return withSchema(invocation, async (tell) =>
      shown(await planForSchemaCommand({ ...options, schemaFile, tell }), invocation.options),
    );
  }
  return withDatabase(invocation, {}, async ({ database }) =>
    shown(await planCommand({ ...options, database }), invocation.options),
  );
}

function shown(result: CommandResult<PlanReport>, { sql, graph }: PlanFlags): Answer {
  // Text for another program: what to type next would be in its way.
  if (sql === true) return { ...answerOf(result, renderPlanSql), result: { ...result, next: [] } };
  if (graph === true) return { ...answerOf(result, renderPlanGraph), result: { ...result, next: [] } };
  return answerOf(result, showReport.plan);
}
