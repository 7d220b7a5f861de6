/** `lockstep verify PLAN`. */
import { verifyCommand } from '../commands/verify.js';
import { renderCheckSql } from '../render/render-checks.js';
import { answerOf, planInput, type Answer, type Invocation } from './invocation.js';
import { showReport } from './show-report.js';
import { withDatabase } from './with-database.js';

export interface VerifyFlags {
  readonly sql?: boolean;
}

export async function verify(file: string, invocation: Invocation<VerifyFlags>): Promise<Answer> {
  const onlySql = invocation.options.sql === true;
  return withDatabase(invocation, {}, async ({ database }) => {
    const result = await verifyCommand({ ...planInput(file, invocation), database, onlySql });
    return answerOf(result, onlySql ? ({ checks }) => renderCheckSql(checks) : showReport.verify);
  });
}
