/** Which run an argument means: a plan's file is read for its name, anything else is a name. */
import { existsSync } from 'node:fs';
import { openPlan } from '../commands/open-plan.js';
import { exitFor } from '../commands/exit-for.js';
import { planInput, type Answer, type Invocation } from './invocation.js';

export type RunName =
  | {
      readonly answer?: undefined;
      readonly name: string;
      /** The plan's file as a person would name it; the argument itself where no file is known. */
      readonly file: string;
    }
  /** The file is there and is no plan. */
  | { readonly answer: Answer };

export async function runName(argument: string, invocation: Invocation): Promise<RunName> {
  if (!existsSync(argument)) return { name: argument, file: fileOf(argument) ?? argument };
  const opened = await openPlan(planInput(argument, invocation));
  if (opened.ok) return { name: opened.value.name, file: argument };
  const { diagnostics } = opened;
  const note = 'A run can also be named: `lockstep status` lists them.';
  const result = { report: null, diagnostics, next: ['lockstep status'] };
  return { answer: { exit: exitFor(diagnostics), result, shown: () => '', note } };
}

/** Where plans live, one per file, named after itself. */
export function fileOf(run: string): string | undefined {
  const file = `plans/${run.replace(/@\d+$/, '')}.yaml`;
  return existsSync(file) ? file : undefined;
}
