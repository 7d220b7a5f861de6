/**
 * `lockstep demo`: scenario 1 on a PostgreSQL of its own, by the commands that a person would type. Owns their order, that
 * the next call goes on where a killed one was, and the count of what is left after the way back. The server belongs to
 * `demo-server.ts`, tables and rows to `demo-data.ts`, what is printed to the cli.
 */
import type { Database } from '../executor/session.js';
import { systemClock } from '../kernel/clock.js';
import type { RunReport } from '../postgres/journal/run-report.js';
import type { ApplyReport } from './apply.js';
import { commandDiagnostic, EXIT, refusal, type CommandResult } from './command-result.js';
import { demoCommands } from './demo-commands.js';
import { createDemoData, DEMO_PLAN, readTableRows, rememberedTableRows, rememberTableRows } from './demo-data.js';
import type { DemoEvent } from './demo-event.js';
import { demoExists, demoFolder, removeDemo, withDemoServer, type DemoServer } from './demo-server.js';
import { guarded } from './guarded.js';
import { knownRun } from './known-run.js';
import { statusCommand } from './status.js';
import type { VerifiedCheck } from './verify.js';

export interface DemoOptions {
  readonly action: 'run' | 'status' | 'rollback' | 'clean';
  /** Default 200,000. An unfinished run goes on with those that it has. */
  readonly users?: number;
  readonly tell: (event: DemoEvent) => void;
  /** Aborted: finish the batches at hand and stop; the next call goes on. */
  readonly stop: AbortSignal;
  /** Where the server lives. Default: a folder for temporary files, one per account. */
  readonly folder?: string;
}

export interface DemoReport {
  readonly action: 'run' | 'status' | 'rollback';
  readonly users: number;
  readonly tables: readonly DemoTable[];
  /** The latest run. */
  readonly run: RunReport | null;
  /** The plan's checks, asked once more after the run; empty for the other actions. */
  readonly checks: readonly VerifiedCheck[];
  /** Wall-clock time of this call. */
  readonly durationMs: number;
}

export interface DemoTable {
  readonly table: string;
  readonly rowsBefore: number;
  readonly rowsNow: number;
  /** The very rows of before, value for value. */
  readonly asBefore: boolean;
}

/** Report null: refused, removed (`clean`), or a command did not go well, whose own result was told. */
export function demoCommand(options: DemoOptions): Promise<CommandResult<DemoReport>> {
  return guarded(async () => {
    const { action, tell } = options;
    const beganMs = systemClock.now();
    const folder = options.folder ?? (await demoFolder());
    if (action === 'clean') return removeDemo(folder);
    if (action === 'run') tell({ type: 'note', text: 'Starting a PostgreSQL of our own, on 127.0.0.1 only.' });
    else if (!(await demoExists(folder))) return NO_DEMO;
    return withDemoServer(folder, { beside: action === 'status' }, async (server) => {
      if (action === 'run') return run(server, options, beganMs);
      const database = await server.database();
      if (database === undefined) return NO_DEMO;
      return action === 'status' ? look(database, options, beganMs) : takeBack(database, options, beganMs);
    });
  });
}

const NEXT = {
  goOn: 'npx lockstep demo',
  back: 'npx lockstep demo rollback',
  look: 'npx lockstep demo status',
  remove: 'npx lockstep demo clean',
} as const;

const NO_DEMO: CommandResult<never> = {
  ...refusal(EXIT.failed, 'LS9008', { detail: 'There is no demo on this machine.', help: 'begin one' }),
  next: [NEXT.goOn],
};

const DEFAULT_USERS = 200_000;

/** More than the plan has gates. */
const TURNS_AT_MOST = 5;

async function run(server: DemoServer, options: DemoOptions, beganMs: number): Promise<CommandResult<DemoReport>> {
  const found = await server.database();
  const known = found === undefined ? undefined : await knownRun(found, DEMO_PLAN);
  if (found !== undefined && known !== undefined && known.status !== 'done' && known.status !== 'rolled back') {
    options.tell({ type: 'note', text: 'An unfinished run was found; it goes on.' });
    await demoCommands(found, options).status();
    if (known.direction === 'rollback') return takeBack(found, options, beganMs);
    return known.status === 'waiting' ? toTheEnd(found, options, beganMs) : toTheGate(found, options, beganMs);
  }
  const database = await create(server, options);
  const commands = demoCommands(database, options);
  for (const first of [commands.validate, commands.plan]) {
    const result = await first();
    if (result.exit !== EXIT.done) return { ...result, report: null, next: [NEXT.goOn, NEXT.remove] };
  }
  return toTheGate(database, options, beganMs);
}

async function create(server: DemoServer, { users = DEFAULT_USERS, tell }: DemoOptions): Promise<Database> {
  const many = users.toLocaleString('en');
  tell({ type: 'note', text: `PostgreSQL ${server.major} runs. Creating ${many} users in a database of the demo.` });
  const database = await server.newDatabase();
  await database.transaction(async (session) => {
    await createDemoData(session, users);
    await rememberTableRows(session);
  });
  // As a table is that has been there for a while: with statistics, and without hint bits left to set.
  await database.withSession((session) => session.query('VACUUM (ANALYZE)'));
  return database;
}

/** Where a day of traffic belongs: both shapes are in step, and all of it can be taken back. */
async function toTheGate(
  database: Database,
  options: DemoOptions,
  beganMs: number,
): Promise<CommandResult<DemoReport>> {
  const commands = demoCommands(database, options);
  const applied = await commands.apply();
  if (applied.report?.outcome !== 'waiting' || gatesToApprove(applied.report).length === 0)
    return { ...applied, report: null, next: [NEXT.goOn, NEXT.back, NEXT.remove] };
  options.tell({ type: 'note', text: await writeAsTheApplication(database) });
  const verified = await commands.verify();
  if (verified.exit !== EXIT.done) return { ...verified, report: null, next: [NEXT.look, NEXT.back] };
  const text = 'Both shapes are in step, and would stay so for a day. The next call says yes, and closes the window.';
  options.tell({ type: 'note', text });
  const report = { ...(await reportOn(database, 'run', beganMs)), checks: verified.report!.checks };
  return { exit: EXIT.done, report, diagnostics: [], next: [NEXT.back, NEXT.goOn, NEXT.look, NEXT.remove] };
}

/** Code that knows nothing of the plan; says what has become of it. */
async function writeAsTheApplication(database: Database): Promise<string> {
  return database.transaction(async (session) => {
    const { count } = await session.query(
      `UPDATE public.users SET password_hash = 'changed by code that knows nothing of the plan' WHERE email = 'user1@example.com'`,
    );
    const { rows } = await session.query<{ hash: string }>(
      `SELECT c.password_hash AS hash FROM public.user_credentials AS c JOIN public.users AS u ON u.id = c.user_id WHERE u.email = 'user1@example.com'`,
    );
    return `The application writes ${count} row of users; user_credentials says, in the same transaction: ${rows[0]?.hash ?? 'nothing'}.`;
  });
}

async function toTheEnd(database: Database, options: DemoOptions, beganMs: number): Promise<CommandResult<DemoReport>> {
  const commands = demoCommands(database, options);
  for (let turn = 1; ; turn++) {
    const applied = await commands.apply();
    if (applied.exit === EXIT.done) break;
    const gates = applied.report?.outcome === 'waiting' ? gatesToApprove(applied.report) : [];
    if (gates.length === 0 || turn === TURNS_AT_MOST || options.stop.aborted)
      return { ...applied, report: null, next: [NEXT.goOn, NEXT.back, NEXT.remove] };
    for (const gate of gates) {
      const approved = await commands.approve(gate);
      if (approved.exit !== EXIT.done) return { ...approved, report: null, next: [NEXT.goOn, NEXT.back] };
    }
  }
  const verified = await commands.verify();
  if (verified.exit !== EXIT.done) return { ...verified, report: null, next: [NEXT.look] };
  options.tell({ type: 'note', text: 'Applied once more, it finds nothing to do and writes nothing.' });
  await commands.apply();
  const report = { ...(await reportOn(database, 'run', beganMs)), checks: verified.report!.checks };
  return { exit: EXIT.done, report, diagnostics: [], next: [NEXT.look, NEXT.remove] };
}

/** Steps whose gate waits for a yes. */
function gatesToApprove({ graph, run: { operations } }: ApplyReport): readonly string[] {
  return graph.operations
    .filter((operation) => operation.kind === 'gate' && operation.approval !== null)
    .filter(({ id }) => {
      const record = operations.find((operation) => operation.id === id);
      return record?.state === 'waiting' && record.approvals.length === 0;
    })
    .map(({ step }) => step);
}

async function look(database: Database, options: DemoOptions, beganMs: number): Promise<CommandResult<DemoReport>> {
  const status = await demoCommands(database, options).status();
  const known = status.report?.run?.run;
  if (known === undefined) return { ...status, report: null, next: [NEXT.goOn] };
  const next = {
    done: [NEXT.remove],
    'rolled back': [NEXT.goOn, NEXT.remove],
    unfinished: [NEXT.goOn, NEXT.back],
  }[known.status === 'done' || known.status === 'rolled back' ? known.status : 'unfinished'];
  return { exit: EXIT.done, report: await reportOn(database, 'status', beganMs), diagnostics: [], next };
}

async function takeBack(database: Database, options: DemoOptions, beganMs: number): Promise<CommandResult<DemoReport>> {
  const result = await demoCommands(database, options).rollback();
  if (result.exit !== EXIT.done) return { ...result, report: null, next: [NEXT.back, NEXT.look] };
  const report = await reportOn(database, 'rollback', beganMs);
  const left = report.tables.filter(({ asBefore }) => !asBefore);
  const next = [NEXT.goOn, NEXT.remove];
  if (left.length === 0) return { exit: EXIT.done, report, diagnostics: [], next };
  const lines = left.map(({ table, rowsBefore, rowsNow }) => `${table}: ${rowsBefore} rows before, ${rowsNow} now.`);
  const detail = ['The new tables do not hold the very rows that they held before.', ...lines].join('\n');
  return { exit: EXIT.checkFailed, report, diagnostics: [commandDiagnostic('LS9003', { detail })], next };
}

async function reportOn(database: Database, action: DemoReport['action'], beganMs: number): Promise<DemoReport> {
  const status = await statusCommand({ database, run: DEMO_PLAN });
  return database.transaction(
    async (session) => {
      const { rows } = await session.query<{ users: string }>('SELECT count(*) AS users FROM public.users');
      const [before, now] = [await rememberedTableRows(session), await readTableRows(session)];
      const tables = now.map(({ table, rows: rowsNow, checksum }): DemoTable => {
        const was = before.find((row) => row.table === table);
        const asBefore = was?.rows === rowsNow && was.checksum === checksum;
        return { table, rowsBefore: was?.rows ?? 0, rowsNow, asBefore };
      });
      const run = status.report?.run ?? null;
      const users = Number(rows[0]!.users);
      return { action, users, tables, run, checks: [], durationMs: systemClock.now() - beganMs };
    },
    { readOnly: true, isolation: 'repeatable read' },
  );
}
