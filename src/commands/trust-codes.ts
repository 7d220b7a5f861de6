/** Problems of who may do what, and of whom the journal and the server are. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const TRUST_CODES = {
  LS9060: {
    summary: 'the graph of a run is not what was stored',
    explanation:
      'The journal keeps the graph of a run as it was shown, approved and begun, with its digest, in the row of the run and in its trail. The text that stands there now has another one: somebody has changed it since. Nothing of it is shown, approved, run, joined or taken back. Whoever may write to the schema `lockstep` can do that: see docs/security.md for who should. Restore the row from a backup, or finish by hand what was begun.',
  },
  LS9061: {
    summary: 'the journal is not only ours',
    explanation:
      'The journal, schema `lockstep`, belongs to the role that runs plans, or to a role that it is a member of, and holds what lockstep made and nothing else. A trigger, a rule, a policy, a column, a default or a CHECK that somebody else put on its tables would be run with the rights of whoever writes there, and the owner of a table may add one at any time. For a superuser, who has every role, only roles that were granted to it and other superusers count. Nothing was written. What stands there is named: find out who put it there, drop it or change the owner, or run as the role that owns the journal.',
  },
  LS9063: {
    summary: 'one’s own run is approved by somebody else',
    explanation:
      'The gate asks for the approval of a group whose members can be told: the configuration names its roles under `approvers`, or the database has a role of that name. Then the role that began the run does not approve it itself. Nothing was written. Another member approves; or `approvers: { GROUP: { own: allow } }` in the configuration of whoever runs the plan says that the same role may do both.',
  },
  LS9064: {
    summary: 'the approver is not of the group',
    explanation:
      'The gate asks for the approval of a group: the roles that the configuration names for it under `approvers`, or else the role of that name in the database. The database user of this command has none of them. Nothing was written. Membership is asked again when the run goes on: an approval of somebody who is no member then does not count.',
  },
  LS9065: {
    summary: 'the journal may not be read',
    explanation:
      'The current user has no right to look into the schema `lockstep`. A plan is compiled, and its checks are asked, all the same; whether it has been run already, and which windows of other plans are open, is not known. `lockstep roles` prints what a role that only looks needs.',
  },
  LS9066: {
    summary: 'there is no such role',
    explanation:
      '`plan --as ROLE` judges the plan for the role that will run it, and the server has no role of that name. Roles are those of `pg_roles`; a name is written as it stands there.',
  },
  LS9067: {
    summary: 'a check calls a VOLATILE function',
    explanation:
      'Checks and conditions are asked in READ ONLY transactions, by `verify`, by a gate with each `apply`, and by whoever only wants to know how far a run is. A VOLATILE function may reach what such a transaction does not hold back: another connection, a file of the server, another session. PostgreSQL takes a function for VOLATILE where nothing else is declared; what only reads can be declared STABLE. A warning; `plan --strict` refuses it.',
  },
  LS9069: {
    summary: 'rows can no longer be told from others',
    explanation:
      'A copied row is told by the transaction that wrote it, which the row itself carries. A job has rewritten the table since (pg_repack, pg_squeeze, REPACK CONCURRENTLY, an ALTER TABLE that changes a type, dump and restore), and gave its rows another one. The rows that are counted say what was copied, and may be ours or others’: a way back keeps them. Everything else of the way back is done. Compare them with the source and delete by hand what has to go; before such a job runs, take the run back or decide that it stays.',
  },
  LS9070: {
    summary: 'a job rewrites a table of the plan',
    explanation:
      'A job (pg_repack, pg_squeeze, REPACK, CLUSTER, VACUUM FULL) is at work on a table that the plan touches, or a pg_repack that was killed has left its trigger there. The rows that the job writes carry its transaction, and ours could not be told from them; and both want the same locks. Nothing was begun. Let it end, or end it, and call the same command again.',
  },
  LS9062: {
    summary: 'the trail of a run is not what was written',
    explanation:
      'Each event of a run carries the digest of the one before. One of them is not as it was when the next one was written, or is not there: somebody has changed the trail since. The events that do not fit are named. What the run itself may do is not decided by its trail; who did what can no longer be told from it. The latest event has none behind it, so that of the last one only what must agree with the state of the run is checked.',
  },
  LS9080: {
    summary: 'the server is another engine',
    explanation:
      'The server speaks the protocol of PostgreSQL and says that it is something else: CockroachDB, YugabyteDB, Aurora DSQL, Redshift, Greenplum. What a run relies on (row locks that hold until COMMIT, a transaction id in each row, triggers in the order of PostgreSQL, its lock modes) does not hold there. Nothing was changed.',
  },
  LS9081: {
    summary: 'a table is distributed over several servers',
    explanation:
      'Citus keeps the rows of the table on its workers (`pg_dist_partition`). There a row carries the transaction id of a worker, by which nobody can tell whose row it is, so that a way back would be refused or wrong; and a batch is no longer one transaction of one server. Plans that touch only other tables of the database run as anywhere.',
  },
  LS9082: {
    summary: 'work outside of transactions does not go through a pooler',
    explanation:
      'Behind a pooler in transaction mode a connection is ours for the time of a transaction. A concurrent index build and whatever else runs outside of one needs settings of its session (no lock timeout, a name by which it is found again), and those would stay with the connection and reach the transactions of the application. Nothing was changed. Run the plan over a connection to the server itself.',
  },
  LS9083: {
    summary: 'a pooler stands before the server',
    explanation:
      'The process that greets the client is not the one that answers, so a pooler (PgBouncer, Odyssey, RDS Proxy) stands in between. In transaction mode all settings are local to transactions, the plan is held by a transaction that stays open, and work outside of transactions is refused (`LS9082`). Where the mode cannot be found out, transaction mode is taken for granted.',
  },
} as const satisfies CodeTable;
