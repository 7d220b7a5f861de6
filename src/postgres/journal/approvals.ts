/** Approvals of a gate, and whether they count: by the roles that the approvers have now, in this database. */
import { sql } from 'kysely';

import type { Approval, RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { approvalStanding, type ApprovalStanding, type ApproverRule } from '../../operation/approvers.js';
import type { OperationId } from '../../operation/operation.js';
import { isoText, journalTables, send } from './journal-query.js';

export interface KnownApproval extends Approval {
  readonly comment: string | null;
}

/** In their order. `group`: the one that the gate names; `rule`: what the configuration says of it. */
export async function approvals(
  session: Session,
  run: Pick<RunHandle, 'id'>,
  id: OperationId,
  group: string,
  rule: ApproverRule = {},
): Promise<readonly KnownApproval[]> {
  const rows = await send(
    session,
    journalTables
      .selectFrom('lockstep.approval')
      .innerJoin('lockstep.run', 'lockstep.run.id', 'lockstep.approval.run_id')
      .select(['by_user as by', isoText('at').as('at'), 'comment', 'created_by as author'])
      .select(DIGEST.as('digest'))
      .select('lockstep.run.graph_digest as stored')
      .where('run_id', '=', run.id)
      .where('operation_id', '=', id)
      .orderBy('lockstep.approval.at')
      .orderBy('by_user'),
  );
  if (rows.length === 0) return [];
  const groups = await groupsOf(
    session,
    rows.map(({ by }) => by),
    group,
    rule,
  );
  return rows.map(({ by, at, comment, author, digest, stored }) => {
    const sameGraph = digest === null || digest === stored;
    return { by, at, comment, ...groups(by, { own: by === author, sameGraph }) };
  });
}

/** What an approval of the session's user would be. */
export async function ownStanding(
  session: Session,
  author: string,
  group: string,
  rule: ApproverRule = {},
): Promise<ApprovalStanding & { readonly by: string }> {
  const { rows } = await session.query<{ by: string }>('SELECT session_user::text AS by');
  const { by } = rows[0]!;
  const groups = await groupsOf(session, [by], group, rule);
  return { by, ...groups(by, { own: by === author, sameGraph: true }) };
}

/** A journal of a version before it was kept is read too: the row as JSON has it or not. */
const DIGEST = sql<string | null>`to_json(approval) ->> 'graph_digest'`;

type Judge = (user: string, facts: { readonly own: boolean; readonly sameGraph: boolean }) => ApprovalStanding;

async function groupsOf(session: Session, users: readonly string[], group: string, rule: ApproverRule): Promise<Judge> {
  const { rows } = await session.query<{ user: string; member: boolean; group_is_role: boolean }>(MEMBERS, [
    users,
    rule.roles ?? [group],
    group,
  ]);
  const members = new Set(rows.filter(({ member }) => member).map(({ user }) => user));
  const groupIsRole = rows[0]?.group_is_role === true;
  return (user, facts) => approvalStanding({ group, rule, groupIsRole, member: members.has(user), ...facts });
}

/** A role that is gone has none; a superuser has all, as everywhere in PostgreSQL. */
const MEMBERS = `
  SELECT u.name AS "user",
    EXISTS (SELECT FROM pg_catalog.pg_roles AS g, pg_catalog.pg_roles AS r
      WHERE g.rolname::text = ANY ($2::text[]) AND r.rolname::text = u.name AND pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')) AS member,
    EXISTS (SELECT FROM pg_catalog.pg_roles AS g WHERE g.rolname::text = $3) AS group_is_role
  FROM pg_catalog.unnest($1::text[]) AS u (name)`;
