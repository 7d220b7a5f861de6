/** `lockstep demo`: what the demo tells, as a person would see the commands at a terminal. */
import type { DemoEvent } from '../commands/demo-event.js';
import { demoCommand, type DemoReport } from '../commands/demo.js';
import { systemClock } from '../kernel/clock.js';
import { renderPlan } from '../render/render-plan.js';
import { showCount, showTime } from '../render/show-amount.js';
import { renderTable } from '../render/text-table.js';
import type { View } from '../render/view.js';
import { problemsText, viewOf } from './deliver.js';
import { answerOf, type Answer, type Invocation } from './invocation.js';
import { renderNext } from './next-commands.js';
import { progressWriter, type ProgressWriter } from './progress-writer.js';
import { showReport } from './show-report.js';
import { stopOnSignals } from './stop-on-signals.js';
import type { Terminal } from './terminal.js';

export interface DemoFlags {
  readonly users: number;
}

type Action = 'run' | 'status' | 'rollback' | 'clean';

export async function demo(action: string, { options, terminal }: Invocation<DemoFlags>): Promise<Answer> {
  const transcript = new Transcript(terminal, options.json === true);
  const goOn = action === 'rollback' ? 'npx lockstep demo rollback' : 'npx lockstep demo';
  // The server is a process of its own and keeps what is committed: leaving is all that ends the demo at once.
  const atOnce = (exit: number): Promise<void> => {
    terminal.err.write(`Stopped at once.\n${renderNext([goOn], 'or')}`);
    return terminal.leave(exit);
  };
  const stopping = { goOn, quiet: () => transcript.pause(), atOnce };
  return stopOnSignals(terminal, stopping, async (stop) => {
    const { users } = options;
    const tell = (event: DemoEvent): void => transcript.tell(event);
    const result = await demoCommand({ action: action as Action, users, tell, stop }).finally(() => transcript.pause());
    const removed = action === 'clean' && result.exit === 0;
    return answerOf(result, render, removed ? { note: 'The demo is removed.' } : {});
  });
}

/** Results on stdout, in the order in which they come; progress and the way back on stderr, as with the commands themselves. */
class Transcript {
  readonly #terminal: Terminal;
  readonly #silent: boolean;
  #progress: ProgressWriter | undefined;
  #estimates: Readonly<Record<string, number>> = {};

  constructor(terminal: Terminal, silent: boolean) {
    this.#terminal = terminal;
    this.#silent = silent;
  }

  pause(): void {
    this.#progress?.end();
    this.#progress = undefined;
  }

  tell(event: DemoEvent): void {
    if (this.#silent) return;
    const { out, err } = this.#terminal;
    const { style } = viewOf(out, this.#terminal);
    switch (event.type) {
      case 'note':
        out.write(`\n${style.faint(`# ${event.text}`)}\n`);
        return;
      case 'command':
        out.write(`\n${style.strong(`$ ${event.command}`)}\n`);
        return;
      case 'begin':
        this.#progress = progressWriter(this.#terminal, systemClock, { asEvents: false });
        this.#progress.begin(event.graph, this.#estimates);
        return;
      case 'progress':
        this.#progress?.observe(event.event);
        return;
      case 'way back':
        err.write(`${renderPlan(event.report, viewOf(err, this.#terminal))}\n`);
        return;
      case 'result':
        this.pause();
        this.#result(event);
        return;
    }
  }

  #result(event: Extract<DemoEvent, { readonly type: 'result' }>): void {
    const { out, err } = this.#terminal;
    if (event.of === 'plan')
      this.#estimates = Object.fromEntries(
        (event.result.report?.operations ?? []).flatMap(({ id, rows }) => (rows === null ? [] : [[id, rows]])),
      );
    out.write(shownOf(event, viewOf(out, this.#terminal)));
    err.write(problemsText(event.result.diagnostics, this.#terminal));
  }
}

function shownOf({ of, result }: Extract<DemoEvent, { readonly type: 'result' }>, view: View): string {
  if (result.report === null) return '';
  const show = showReport[of] as (report: typeof result.report, view: View) => string;
  return show(result.report, view);
}

function render({ action, users, tables, checks, durationMs }: DemoReport, view: View): string {
  const { style } = view;
  const rows = tables.map(({ table, rowsBefore, rowsNow, asBefore }) => [
    table,
    showCount(rowsBefore),
    showCount(rowsNow),
    asBefore ? 'as before' : '',
  ]);
  const columns = [
    { title: 'table' },
    { title: 'rows before', align: 'right' },
    { title: 'rows now', align: 'right' },
    { title: '' },
  ] as const;
  const summary = [
    `${showCount(users)} users`,
    `${showTime(durationMs)} in all`,
    ...(checks.length === 0 ? [] : [`${checks.length} checks hold`]),
  ];
  const sign = action === 'status' ? '' : `${style.success('✔')} `;
  return `\n${sign}${style.strong(summary.join(', '))}\n\n${renderTable(columns, rows, view).join('\n')}\n\n`;
}
