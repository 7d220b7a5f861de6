/**
 * A plan as the procedure that a team would write by hand, in Markdown: what to do before, a stage for each step with its way
 * back, what to do when it stops, and a table for the record. Everything in it is the plan's; nothing is asked of the run.
 */
import type { OperationRow, PlanReport, StepRow } from '../report/plan-report.js';
import { code, fenced, paragraphs, prose, tableRow } from './markdown-text.js';
import { reachLines } from './reach-lines.js';
import { HISTORY_HEAD } from './render-history.js';
import { locksText } from './render-plan.js';
import { showLabel, showRounded } from './show-amount.js';
import { limitTexts } from './throttle-text.js';

export interface RunbookFacts {
  /** As the user named it. */
  readonly file: string;
  /** The command that shows the plan: `lockstep plan a.yaml`, `lockstep show a.saved.json`. */
  readonly again: string;
  readonly report: PlanReport;
  /** A command with the params and the target of this call. */
  readonly command: (text: string) => string;
}

/** Ends with a line feed. */
export function renderRunbook(facts: RunbookFacts): string {
  const { report } = facts;
  const { plan, description, server, digest } = report;
  const where =
    server === null
      ? ''
      : `Compiled for ${code(server.schemaFile ?? server.database)} @ PostgreSQL ${code(server.version)}. `;
  return paragraphs([
    `# Procedure: ${prose(plan)}`,
    description === null ? '' : prose(description),
    `${where}Digest ${code(digest)}. Made from the plan: when the plan changes, make it anew with ${code(facts.command(`${facts.again} --runbook`))}.`,
    ...before(facts),
    ...report.steps.flatMap((step, index) => stage(step, index + 1, facts)),
    ...whenItStops(facts),
    ...wholeWayBack(facts),
    ...record(facts),
  ]);
}

function before({ file, again, report, command }: RunbookFacts): readonly string[] {
  const { throttle } = report;
  return [
    '## Before',
    commands([
      ...(/\.ya?ml$/.test(file)
        ? [[`lockstep validate ${file}`, 'schema, names and SQL of the plan; needs no database'] as const]
        : []),
      [command(again), 'what will run, what it locks, how it is taken back; writes nothing'],
      [command(`lockstep verify ${file}`), 'the baseline: which checks hold today'],
    ]),
    throttle === null ? '' : `The run holds itself back: ${limitTexts(throttle).map(code).join(' · ')}.`,
    '## Run',
    commands([
      [command(`lockstep apply ${file}`), 'begins, and goes on wherever it stopped'],
      [command(`lockstep status ${report.plan}`), 'where it stands, from another terminal'],
      [command(`lockstep pause ${report.plan}`), 'stops it after the batches at hand; what is done is kept'],
    ]),
  ];
}

function stage(step: StepRow, number: number, facts: RunbookFacts): readonly string[] {
  const own = facts.report.operations.filter((operation) => operation.step === step.id);
  const title = step.number === null ? 'conditions of the whole plan' : `${code(step.id)} (${code(step.kind)})`;
  const { rows, hazards } = step;
  const dangers = own.flatMap((operation) => operation.hazards);
  return [
    `## Stage ${number}: ${title}`,
    step.description === null ? '' : prose(step.description),
    step.skipped === null ? '' : `Skipped: ${prose(step.skipped)}.`,
    [
      ...(rows === null ? [] : [`About ${showRounded(rows)} rows.`]),
      ...(hazards.length === 0
        ? []
        : [...new Set(dangers.map(({ name, detail }) => `${code(name)}: ${prose(detail)}`))]),
    ].join(' '),
    step.reach === undefined ? '' : `It takes along:\n\n${fenced('text', reachLines(step.reach, 120).join('\n'))}`,
    ...own.filter(({ kind }) => kind === 'gate').flatMap((gate) => waiting(gate, step, facts)),
    numbered(own.filter(({ kind }) => kind !== 'gate').map(operationText), facts),
    own.length > 0 && own.every(({ kind }) => kind === 'check')
      ? commands([[facts.command(`lockstep verify ${facts.file} --sql`), 'the SQL of each check, to be asked by hand']])
      : '',
    `**Way back of this stage.** ${wayBack(step, own)}`,
    numbered([...own].reverse().flatMap(undoTexts), facts),
  ];
}

function operationText({ label, locks, waiting: who, kind }: OperationRow): string {
  const held = kind === 'check' || locks.length === 0 ? '' : ` – ${code(locksText(locks))}`;
  return `${code(showLabel(label))}${held}${who === null ? '' : `: ${who}`}`;
}

function waiting({ waitsFor }: OperationRow, { id }: StepRow, { file, command }: RunbookFacts): readonly string[] {
  return [
    `The run stops here with exit 6 and waits for: ${waitsFor.map((text) => code(showLabel(text))).join('; ')}. Nothing stays running meanwhile.`,
    commands([
      ...(waitsFor.some((text) => text.startsWith('approval'))
        ? [[command(`lockstep approve ${file} --gate ${id}`), 'the yes, as the database user who says it'] as const]
        : []),
      [command(`lockstep apply ${file}`), 'goes on, once all is there'],
    ]),
  ];
}

function wayBack({ undo }: StepRow, own: readonly OperationRow[]): string {
  if (undo.way === 'none') return `**None**: ${prose(undo.reason)}. Everything before it is final with it.`;
  if (own.every((operation) => operation.undoOperations.length === 0))
    return 'It has changed nothing that must be taken back.';
  return 'In this order:';
}

function undoTexts({ undoOperations }: OperationRow): readonly string[] {
  return undoOperations.map(({ label }) => code(showLabel(label)));
}

function whenItStops({ file, report, command }: RunbookFacts): readonly string[] {
  const apply = code(command(`lockstep apply ${file}`));
  return [
    '## When it stops',
    [
      tableRow(['exit', 'means', 'what to do']),
      '|---:|---|---|',
      tableRow([
        '1',
        'a statement or a row was refused, or the connection is gone',
        `read the message; ${apply} goes on exactly there`,
      ]),
      tableRow(['4', 'a check does not hold; the rows are shown', `repair them, then ${apply}, or the way back`]),
      tableRow(['5', 'not approved, or somebody changed what it stands on', 'as the message says']),
      tableRow([
        '6',
        'it waits, at a gate, for locks, for the throttle, or was paused',
        `${code(command(`lockstep status ${report.plan}`))} says for what; then ${apply}`,
      ]),
      tableRow(['7', 'another run has the plan or its tables', `${code(command('lockstep status'))} says which`]),
    ].join('\n'),
    'A killed process, a restarted server or a lost connection need no cleaning up: rows and checkpoint are one commit.',
  ];
}

function wholeWayBack({ file, report, command }: RunbookFacts): readonly string[] {
  const last = report.steps.find(({ undo }) => undo.way === 'none');
  const until = last === undefined ? 'at any time' : `until ${code(last.id)} has run`;
  return [
    '## The way back of the whole',
    `There is one ${until}: it takes the stages that have run, the last first, and keeps what was written meanwhile.`,
    commands([
      [command(`lockstep rollback ${file} --plan`), 'shows it'],
      [command(`lockstep rollback ${file}`), 'takes it, and compares the definitions with those before the run'],
      [command(`lockstep verify ${file}`), 'the checks again'],
    ]),
  ];
}

function record({ report, command }: RunbookFacts): readonly string[] {
  return [
    '## Record',
    `The database keeps it: ${code(command(`lockstep status ${report.plan} --history`))}.`,
    HISTORY_HEAD.join('\n'),
  ];
}

/** What to type, each behind what it is for. */
function commands(lines: readonly (readonly [command: string, what: string])[]): string {
  return fenced('sh', lines.map(([text, what]) => `${text}   # ${what}`).join('\n'));
}

const MOST_SHOWN = 60;

/** In their order; the first of many. */
function numbered(texts: readonly string[], { again, command }: RunbookFacts): string {
  const shown = texts.slice(0, MOST_SHOWN).map((text, index) => `${index + 1}. ${text}`);
  const more = texts.length - shown.length;
  return [...shown, ...(more > 0 ? [`${shown.length + 1}. and ${more} more: ${code(command(again))}`] : [])].join('\n');
}
