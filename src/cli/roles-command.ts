/** `lockstep roles`: the SQL of least-privilege roles, for an administrator; needs no database. */
import { roleStatements } from '../postgres/journal/role-grants.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';

export interface RolesFlags {
  readonly schema: readonly string[];
  readonly prefix: string;
}

export function roles({ options }: Invocation<RolesFlags>): Answer {
  const { schema, prefix } = options;
  const sql = roleStatements({ prefix, schemas: schema.length === 0 ? ['public'] : schema });
  return answerOf({ exit: 0, report: { sql }, diagnostics: [], next: [] }, (report) => report.sql, {
    nextIsShown: true,
  });
}
