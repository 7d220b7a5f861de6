/** `lockstep status [RUN]`. */
import { statusCommand, type StatusReport } from '../commands/status.js';
import type { Way } from '../executor/session.js';
import type { RunReport } from '../postgres/journal/run-report.js';
import { goOnCommand } from './go-on-command.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { runName } from './run-name.js';
import { renderHistory } from '../render/render-history.js';
import type { View } from '../render/view.js';
import { showReport } from './show-report.js';
import { usageProblem } from './usage-problem.js';
import { withDatabase } from './with-database.js';

export interface StatusFlags {
  readonly history?: boolean;
}

export async function status(argument: string | undefined, invocation: Invocation<StatusFlags>): Promise<Answer> {
  const onlyHistory = invocation.options.history === true;
  if (onlyHistory && argument === undefined)
    return usageProblem('`--history` is that of one run.', { help: 'name it', next: ['lockstep status'] });
  const named = argument === undefined ? undefined : await runName(argument, invocation);
  if (named?.answer !== undefined) return named.answer;
  return withDatabase(invocation, {}, async ({ database }) => {
    const result = await statusCommand({
      database,
      approvers: invocation.targets.approvers,
      ...(named !== undefined && { run: named.name }),
    });
    const next = onlyHistory ? [] : nextOf(result.report, named?.file);
    const standing = (report: StatusReport, view: View): string =>
      showReport.status(report, view) + connectionLine(database.way, view);
    return {
      ...answerOf(result, onlyHistory ? ({ run }) => renderHistory(run?.history ?? []) : standing),
      result: { ...result, next: result.exit === 0 ? next : result.next },
      nextAre: 'then',
    };
  });
}

function connectionLine(way: Way | undefined, { style }: View): string {
  if (way === undefined) return '';
  const encrypted = way.tls ?? (way.local ? 'a socket of this machine' : 'not encrypted');
  const pooler = way.pooler === 'none' ? '' : `, through a pooler in ${way.pooler} mode`;
  return `${style.faint(`connection: ${encrypted}${pooler}`)}\n`;
}

/** What a person would type now. Nothing where the run has ended, or somebody is working on it. */
function nextOf(report: StatusReport | null, file: string | undefined): readonly string[] {
  if (report === null) return [];
  if (report.run === null) {
    const open = report.runs.find((run) => report.interrupted.includes(run.name) || OPEN.has(run.status));
    return open === undefined ? [] : [`lockstep status ${open.name}`];
  }
  const { run } = report.run;
  const aside = report.run.quarantined.length > 0 && run.direction === 'apply' ? [`lockstep replay ${run.name}`] : [];
  if (!report.interrupted.includes(run.name) && !OPEN.has(run.status)) return run.status === 'done' ? aside : [];
  if (run.direction === 'rollback') return [goOnCommand(run, file)];
  return [...aside, ...approvalsOf(report.run, run.name), goOnCommand(run, file)];
}

const OPEN: ReadonlySet<string> = new Set(['waiting', 'blocked', 'stopped', 'failed']);

function approvalsOf({ operations }: RunReport, name: string): readonly string[] {
  const waiting = operations.filter(({ state, outcome }) => {
    // A run of a version that kept only the reason, where approval was said first.
    const missing = outcome?.missing ?? (outcome?.reason?.startsWith('waits for approval by') ? ['approval'] : []);
    return state === 'waiting' && missing.includes('approval');
  });
  return waiting.map(({ id }) => `lockstep approve ${name} --gate ${id.split('/')[0]!}`);
}
