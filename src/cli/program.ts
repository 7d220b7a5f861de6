/**
 * The commands, their arguments and their options. Owns what may be typed and what `--help` says; what a command does is in
 * its own file, loaded when it is called, because `--help` must not wait for a database driver. Long, because it is the
 * one list that a person reads to see everything that can be typed.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../kernel/duration.js';
import { QUIET_HOURS, SIGNAL_NAMES } from '../operation/throttle.js';
import type { ApproveFlags } from './approve-command.js';
import type { ApplyFlags } from './apply-command.js';
import type { DemoFlags } from './demo-command.js';
import type { Answer, Invocation } from './invocation.js';
import type { PlanFlags } from './plan-command.js';
import type { PlanTextFlags } from './plan-text.js';
import type { RollbackFlags } from './rollback-command.js';
import type { ValidateFlags } from './validate-command.js';
import type { RolesFlags } from './roles-command.js';
import type { StatusFlags } from './status-command.js';
import type { VerifyFlags } from './verify-command.js';
import type { WorkFlags } from './work-command.js';

/** What was typed, understood. */
export interface Chosen {
  readonly command: string;
  readonly options: Invocation['options'];
  /** Events are printed before the document of `--json`. */
  readonly asEvents: boolean;
  /** It changes something: what it did is done, also where it could not be told, and its exit code says how that ended. */
  readonly acts: boolean;
  /** The configuration is read before. */
  readonly usesTargets: boolean;
  readonly run: (invocation: Invocation) => Promise<Answer>;
}

/** Throws a CommanderError. `choose` is called once, by parsing. */
export function buildProgram(version: string, choose: (chosen: Chosen) => void): Command {
  const program = new Command('lockstep')
    .description('Runs declarative migration plans for PostgreSQL: exact, resumable, reversible.')
    .usage('COMMAND [options]')
    .configureHelp({
      subcommandTerm: (command) => command.usage().replace('[options] ', '').replace(/^/, `${command.name()} `),
    })
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', AFTER);
  const add = <Options extends object>(
    name: string,
    args: readonly Argument[],
    summary: string,
    { options = [], example, asEvents = false, acts = false }: CommandDetails,
    run: (given: readonly string[], invocation: Invocation<Options>) => Promise<Answer>,
  ): void => {
    const command = program.command(name).description(summary).addHelpText('after', `\nExample:\n  ${example}`);
    for (const argument of args) command.addArgument(argument);
    for (const option of [...options, ...commonOptions()]) command.addOption(option);
    command.action((...parts: unknown[]) => {
      const given = parts
        .slice(0, -2)
        .flat()
        .filter((part) => typeof part === 'string');
      const parsed = { ...NONE_GIVEN, ...(parts.at(-2) as Invocation<Options>['options']) };
      choose({
        command: name,
        options: parsed,
        asEvents,
        acts,
        usesTargets: options.some(({ long }) => long === '--config'),
        run: (invocation) => run(given, invocation as Invocation<Options>),
      });
    });
  };

  add<ValidateFlags>(
    'validate',
    [new Argument('[plans...]', 'plan files; without one those in plans/')],
    'check plans: schema, names, SQL; needs no database',
    {
      options: [
        formatOption('github: annotations for the lines of a pull request', ['plain', 'github']),
        configOption(),
      ],
      example: 'lockstep validate plans/split-auth-schema.yaml',
    },
    async (files, invocation) => (await import('./validate-command.js')).validate(files, invocation),
  );
  add<PlanFlags>(
    'plan',
    [PLAN],
    'show steps, locks, rows, hazards and the way back; writes nothing',
    {
      options: [
        ...planTexts(),
        new Option('--out <file>', 'save exactly this, to be approved and applied'),
        new Option('--detailed-exitcode', 'exit 2 where apply would do something'),
        new Option('--as <role>', 'judge the rights of the role that will run it'),
        new Option('--strict', 'refuse VOLATILE functions in checks and conditions'),
        new Option('--schema <file>', 'compile for these definitions, without a database').conflicts('databaseUrl'),
        ...targetOptions(),
      ],
      example: 'lockstep plan plans/split-auth-schema.yaml',
    },
    async ([file], invocation) => (await import('./plan-command.js')).plan(file!, invocation),
  );
  add<PlanTextFlags>(
    'show',
    [new Argument('<saved>', 'file written by `plan --out`')],
    'show what a saved plan says; warns where the database has changed since',
    {
      options: [...planTexts(), ...targetOptions()],
      example: 'lockstep show split-auth-schema.saved.json',
    },
    async ([file], invocation) => (await import('./show-command.js')).show(file!, invocation),
  );
  add<ApplyFlags>(
    'apply',
    [PLAN],
    'run a plan, or go on with its run; stops at gates',
    {
      options: [
        ...runOptions(),
        new Option('--expect-digest <digest>', 'run exactly what has this digest, or nothing'),
        ...targetOptions(),
      ],
      example: 'lockstep apply plans/split-auth-schema.yaml --set soak=1h',
      asEvents: true,
      acts: true,
    },
    async ([file], invocation) => (await import('./apply-command.js')).apply(file!, invocation),
  );
  add<ApproveFlags>(
    'approve',
    [RUN],
    'agree that a waiting gate may open, as the database user',
    {
      options: [
        new Option('--gate <step>', 'the step of the gate').makeOptionMandatory(),
        new Option('--comment <text>', 'kept with the approval'),
        ...targetOptions(),
      ],
      example: 'lockstep approve plans/split-auth-schema.yaml --gate sign-off',
      acts: true,
    },
    async ([run], invocation) => (await import('./approve-command.js')).approve(run!, invocation),
  );
  add<StatusFlags>(
    'status',
    [new Argument('[run]', 'plan file or run; without one all runs')],
    'show where runs stand, by the journal in the database',
    {
      options: [new Option('--history', 'of one run: all that happened, as a Markdown table'), ...targetOptions()],
      example: 'lockstep status split-auth-schema@2',
    },
    async ([run], invocation) => (await import('./status-command.js')).status(run, invocation),
  );
  add<VerifyFlags>(
    'verify',
    [PLAN],
    'ask only the checks of a plan; writes nothing',
    {
      options: [new Option('--sql', 'print the SQL of each check instead'), ...targetOptions()],
      example: 'lockstep verify plans/split-auth-schema.yaml',
    },
    async ([file], invocation) => (await import('./verify-command.js')).verify(file!, invocation),
  );
  add<RollbackFlags>(
    'rollback',
    [RUN],
    'show the way back of a run, then take it',
    {
      options: [
        new Option('--plan', 'only show the way back'),
        new Option('--accept <what>', 'recorded: writes that the other side of a window did not take stay so').choices([
          'recorded',
        ]),
        ...runOptions(),
        ...targetOptions(),
      ],
      example: 'lockstep rollback plans/split-auth-schema.yaml --plan',
      acts: true,
    },
    async ([run], invocation) => (await import('./rollback-command.js')).rollback(run!, invocation),
  );
  add<WorkFlags>(
    'work',
    [RUN],
    'join the batches of a run that is under way, from another process or machine',
    {
      options: [
        new Option('--workers <count>', "batches at once; default: the plan's `workers`").argParser(count),
        ...targetOptions(),
      ],
      example: 'lockstep work split-auth-schema --workers 4',
      acts: true,
    },
    async ([run], invocation) => (await import('./work-command.js')).work(run!, invocation),
  );
  for (const [asked, summary] of STOPS)
    add(
      asked,
      [RUN],
      summary,
      { options: targetOptions(), example: `lockstep ${asked} split-auth-schema`, acts: true },
      async ([run], invocation) => (await import('./ask-to-stop-command.js')).askToStop(asked, run!, invocation),
    );
  add(
    'replay',
    [RUN],
    'write the rows that stand aside, once they are repaired',
    { options: targetOptions(), example: 'lockstep replay split-auth-schema@2', acts: true },
    async ([run], invocation) => (await import('./replay-command.js')).replay(run!, invocation),
  );
  add<RolesFlags>(
    'roles',
    [],
    'print the SQL of least-privilege roles: planner, runner, approver, watcher',
    {
      options: [
        new Option('--schema <name>', 'a schema of the application; default: public; repeatable')
          .argParser((name: string, before: readonly string[]) => [...before, name])
          .default([]),
        new Option('--prefix <text>', 'what the names of the roles begin with').default('lockstep_'),
      ],
      example: 'lockstep roles --schema shop > roles.sql',
    },
    async (_, invocation) => (await import('./roles-command.js')).roles(invocation),
  );
  add(
    'schema',
    [],
    'print the JSON schema of a plan, for editors',
    { example: 'lockstep schema > plan.schema.json' },
    async () => (await import('./schema-command.js')).schema(),
  );
  add(
    'explain',
    [new Argument('<code>', 'as printed in brackets: LS1103')],
    'explain a diagnostic: how one gets there, and how to get out',
    { example: 'lockstep explain LS1103' },
    async ([code]) => (await import('./explain-command.js')).explain(code!),
  );
  add<DemoFlags>(
    'demo',
    [new Argument('[action]').choices(['run', 'status', 'rollback', 'clean']).default('run')],
    'run a migration on a PostgreSQL of its own, with data made for it',
    {
      options: [new Option('--users <count>', 'how many rows to make').argParser(count).default(200_000)],
      example: 'lockstep demo && lockstep demo rollback',
      acts: true,
    },
    async ([action], invocation) => (await import('./demo-command.js')).demo(action!, invocation),
  );
  return program;
}

const STOPS = [
  ['pause', 'stop a run after the batches at hand, wherever it runs; what is done is kept'],
  ['cancel', 'stop a run at once: its statements are cancelled on the server; what was committed is kept'],
] as const;

/** Of the options that gather what is repeated. */
const NONE_GIVEN = { set: {}, resolve: {}, ignoreThrottle: [] };

interface CommandDetails {
  readonly options?: readonly Option[];
  readonly example: string;
  readonly asEvents?: boolean;
  readonly acts?: boolean;
}

const PLAN = new Argument('<plan>', 'plan file, or a saved plan');
const RUN = new Argument('<run>', 'plan file, plan name, or run: split-auth-schema@2');

function commonOptions(): readonly Option[] {
  return [
    new Option('--set <name=value>', 'a param of the plan; repeatable').argParser(setting),
    new Option('--database-url <url>', 'the database; else LOCKSTEP_DATABASE_URL, DATABASE_URL, PG*'),
    new Option('--yes', 'agree beforehand: do not ask'),
    new Option('--json', 'print one JSON document; apply prints events before it'),
    new Option('--json-into <file>', 'write that document to a file, too'),
    new Option('--no-color', 'no colours; so does NO_COLOR=1'),
  ];
}

/** What a plan may be shown as. */
function planTexts(): readonly Option[] {
  return [
    new Option('--sql', 'print the statements as text for psql'),
    new Option('--graph', 'print the order as a Mermaid flowchart').conflicts('sql'),
    new Option('--runbook', 'print the procedure, stage by stage with its way back, as Markdown').conflicts([
      'sql',
      'graph',
    ]),
    formatOption('markdown: a comment for a pull request', ['plain', 'markdown']).conflicts([
      'sql',
      'graph',
      'runbook',
    ]),
  ];
}

function formatOption(says: string, formats: readonly string[]): Option {
  return new Option('--format <name>', says).choices(formats).default('plain').conflicts('json');
}

function configOption(): Option {
  return new Option('--config <file>', 'the configuration; else lockstep.config.yaml, where it is there');
}

function targetOptions(): readonly Option[] {
  const says = 'the target of the configuration: what `only` is held against, and its database';
  return [new Option('--target <name>', says), configOption()];
}

/** Of commands that run operations: what a person says to what the engine cannot decide. */
function runOptions(): readonly Option[] {
  const resolves = 'whether a statement in doubt has run: STEP=done or STEP=again; repeatable';
  const budgets = 'stop after so long as if somebody had asked for it: 30m, 8h; exit 6';
  const ignores = 'go on without this signal of the throttle, or without its quiet_hours; repeatable';
  return [
    new Option('--resolve <step=word>', resolves).argParser(resolution),
    new Option('--accept-drift', 'go on though others changed definitions that the run touches'),
    new Option('--ignore-throttle <signal>', ignores).argParser(signalName),
    new Option('--time-budget <duration>', budgets).argParser(budget),
  ];
}

function budget(text: string): number {
  const budgetMs = text === '' ? undefined : parseDuration(text);
  if (budgetMs === undefined || budgetMs === 0) throw new InvalidArgumentError('Write a number and a unit: 30m, 8h.');
  return budgetMs;
}

type Settings = Readonly<Record<string, string>>;

function setting(text: string, before: Settings = {}): Settings {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Write name=value.');
  return { ...before, [name]: value };
}

function resolution(text: string, before: Settings = {}): Settings {
  const given = setting(text, {});
  if (!Object.values(given).every((word) => word === 'done' || word === 'again'))
    throw new InvalidArgumentError('Write STEP=done where it has run, STEP=again where it must run again.');
  return { ...before, ...given };
}

function signalName(text: string, before: readonly string[] = []): readonly string[] {
  const names: readonly string[] = [...SIGNAL_NAMES, QUIET_HOURS];
  if (!names.includes(text)) throw new InvalidArgumentError(`Name one of ${names.join(', ')}.`);
  return [...before, text];
}

function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Write a whole number above 0.');
  return Number(text);
}

const AFTER = `
The database: --database-url, else the target of lockstep.config.yaml that --target names, LOCKSTEP_DATABASE_URL,
DATABASE_URL, or the PG* variables; then the same of a .env file.
Exit codes: 0 done, 1 failed, 2 changes pending, 3 plan invalid, 4 a check failed, 5 not approved or stale,
6 stopped and resumable, 7 another run holds it, 64 usage, 130/143 stopped by a signal.

First steps:
  lockstep demo
  lockstep plan plans/split-auth-schema.yaml
  lockstep explain LS9003`;
