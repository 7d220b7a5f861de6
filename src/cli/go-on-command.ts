/** The command that goes on with a run, as a person would type it here. */
import type { RunSummary } from '../postgres/journal/runs.js';
import { fileOf } from './run-name.js';

/** `file`: as far as the caller knows it. */
export function goOnCommand({ direction, name, plan }: RunSummary, file?: string): string {
  if (direction === 'rollback') return `lockstep rollback ${name}`;
  return `lockstep apply ${file !== undefined && /\.ya?ml$/.test(file) ? file : (fileOf(plan) ?? `${plan}.yaml`)}`;
}
