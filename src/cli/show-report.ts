/** The report of each command for a person, on stdout: also where the demo runs them. */
import type { ApplyReport } from '../commands/apply.js';
import type { ApproveReport } from '../commands/approve.js';
import type { AskToStopReport } from '../commands/ask-to-stop.js';
import type { ReplayReport } from '../commands/replay.js';
import type { RollbackReport } from '../commands/rollback.js';
import type { StatusReport } from '../commands/status.js';
import type { ValidateReport } from '../commands/validate.js';
import type { VerifyReport } from '../commands/verify.js';
import type { WorkReport } from '../commands/work.js';
import { printable } from '../render/display-width.js';
import { renderChecks, renderVerdict, type CheckLine } from '../render/render-checks.js';
import { renderPlan } from '../render/render-plan.js';
import { renderRun } from '../render/render-run.js';
import { quarantineLines } from '../render/quarantine-lines.js';
import { renderRunList, renderRunStatus } from '../render/render-status.js';
import { showCount, showRows } from '../render/show-amount.js';
import type { View } from '../render/view.js';

export const showReport = {
  validate: validated,
  plan: renderPlan,
  apply: applied,
  approve: approved,
  status: standing,
  verify: verified,
  rollback: takenBack,
  replay: replayed,
  work: worked,
  askToStop: askedToStop,
} as const;

function validated({ plans }: ValidateReport, { style }: View): string {
  const lines = plans.map(({ file, name, steps, valid }) =>
    valid
      ? `${style.success('✔')} ${printable(file)}   ${name ?? ''}, ${steps} ${steps === 1 ? 'step' : 'steps'}`
      : `${style.error('✖')} ${printable(file)}   is not valid`,
  );
  return `${lines.join('\n')}\n`;
}

function applied(report: ApplyReport, view: View, places: Readonly<Record<string, string>> = {}): string {
  return renderRun({ ...report, report: report.run, places }, view);
}

function approved({ run, gate, by, recorded, note }: ApproveReport, { style }: View): string {
  const what = recorded ? 'has approved' : 'had approved before; nothing written:';
  return `${style.success('✔')} ${printable(by)} ${what} ${printable(run)} › ${printable(gate)}${note === null ? '' : ` (${printable(note)})`}\n`;
}

function standing({ runs, interrupted, windows, run, trail }: StatusReport, view: View): string {
  return run === null
    ? renderRunList(runs, interrupted, windows, view)
    : renderRunStatus(run, interrupted, view, trail);
}

function verified({ plan, checks }: VerifyReport, view: View): string {
  const lines = checks.map((check): CheckLine => {
    const { place } = check;
    return { ...check, place: place === null ? null : `${place.file}:${place.start.line}:${place.start.column}` };
  });
  const shown = renderChecks(lines, view);
  return `${view.style.strong(plan)}   ${renderVerdict(lines, view)}\n${shown === '' ? '' : `\n${shown}\n`}`;
}

function worked({ run, status, asked, batches, rows, problems }: WorkReport, { style }: View): string {
  const sign = problems.length > 0 ? style.error('✖') : style.success('✔');
  const did = `${showCount(batches)} ${batches === 1 ? 'batch' : 'batches'}, ${showRows(rows)}`;
  return `${sign} ${did} of ${style.strong(printable(run))}, which is ${standingOf(asked, status)}\n`;
}

const ASKED = { pause: 'pausing', cancel: 'cancelling' } as const;

/** Asked for is not reached. */
function standingOf(asked: WorkReport['asked'], status: WorkReport['status']): string {
  return asked !== null && (status === 'running' || status === 'rolling back') ? `${ASKED[asked]} (${status})` : status;
}

function askedToStop({ asked, run, outcome }: AskToStopReport, { style }: View): string {
  const name = style.strong(printable(run.name));
  switch (outcome) {
    case 'stopped':
      return `${style.success('✔')} ${name} is ${run.status}${run.why === null ? '' : `: ${printable(run.why)}`}\n`;
    case 'stopping':
      return `${style.warning('■')} ${name} is ${ASKED[asked]}: what is under way has not ended yet\n`;
    case 'interrupted':
      return `${style.warning('■')} ${name} was interrupted: no process holds it; those that have joined it end\n`;
    case 'stands':
      return `${style.success('✔')} ${name} is ${run.status}: nothing to ${asked}, nothing written\n`;
  }
}

function takenBack({ wayBack, run, graph, outcome, why, drift }: RollbackReport, view: View): string {
  if (outcome === 'shown') return renderPlan(wayBack, view);
  const done = renderRun({ report: run, graph, outcome, why }, view);
  if (drift === null) return done;
  const { style } = view;
  if (drift.length === 0) return `${done}\n${style.success('✔')} the catalog is what it was before the run\n`;
  const lines = drift.map((line) => `    ${printable(line)}`);
  return `${done}\n${style.error('✖')} the catalog differs from what it was before the run:\n${lines.join('\n')}\n`;
}

function replayed({ run, written, gone, standing }: ReplayReport, view: View): string {
  const { style } = view;
  const facts = [
    ...(written > 0 || gone === 0 ? [`${showRows(written)} written`] : []),
    ...(gone > 0 ? [`${showCount(gone)} gone from the source`] : []),
    ...(standing.length > 0 ? [`${showCount(standing.length)} still aside`] : []),
  ];
  const sign = standing.length === 0 ? style.success('✔') : style.warning('!');
  const lines = [`${sign} ${style.strong(run)}   ${facts.join(', ')}`, ...quarantineLines(standing, view)];
  return `${lines.join('\n')}\n`;
}
