/** `lockstep plan PLAN`. */
import type { CommandResult } from '../commands/command-result.js';
import { planCommand, planForSchemaCommand } from '../commands/plan.js';
import type { PlanReport } from '../report/plan-report.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { shellWord } from './next-commands.js';
import { asPlanText, type PlanTextFlags } from './plan-text.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';
import { withSchema } from './with-schema.js';

export interface PlanFlags extends PlanTextFlags {
  readonly detailedExitcode?: boolean;
  readonly out?: string;
  readonly schema?: string;
  readonly as?: string;
  readonly strict?: boolean;
}

export async function plan(file: string, invocation: Invocation<PlanFlags>): Promise<Answer> {
  const { detailedExitcode = false, out, schema: schemaFile, as: role, strict = false } = invocation.options;
  const options = {
    ...planInput(file, invocation),
    detailedExitCode: detailedExitcode,
    ...(out !== undefined && { out }),
    ...(role !== undefined && { role }),
    strict,
  };
  const shown = (result: CommandResult<PlanReport>): Answer => answerOf(result, showReport.plan);
  const answer =
    schemaFile === undefined
      ? await withDatabase(invocation, {}, async ({ database }) => shown(await planCommand({ ...options, database })))
      : await withSchema(invocation, async (tell) =>
          shown(await planForSchemaCommand({ ...options, schemaFile, tell })),
        );
  // What was saved can be shown without the database, and as it was.
  const command = out === undefined ? `lockstep plan ${shellWord(file)}` : `lockstep show ${shellWord(out)}`;
  return asPlanText(answer, invocation, { file, command });
}
