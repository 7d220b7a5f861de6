/**
 * What a server has used of the processors, for the table of `.ci/run`: its processes are nobody's children there. Owns how that is read,
 * which is known of Linux only; elsewhere nothing is told.
 */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Appends a line to the file that LOCKSTEP_SERVER_SECONDS names. Before the server is stopped. */
export function tellProcessorSeconds(dataDirectory: string): void {
  const file = process.env['LOCKSTEP_SERVER_SECONDS'];
  if (file === undefined || file === '' || process.platform !== 'linux') return;
  const postmaster = Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => ticksOf(Number(name)) ?? [])
    .filter(({ pid, parent }) => pid === postmaster || parent === postmaster);
  // A hundredth of a second everywhere: USER_HZ is part of the interface.
  appendFileSync(file, `${processes.reduce((sum, { ticks }) => sum + ticks, 0) / 100}\n`);
}

/** Its own time and that of the children that it has waited for: fields 14 to 17 of proc_pid_stat(5). */
function ticksOf(pid: number): { readonly pid: number; readonly parent: number; readonly ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { pid, parent: fields[1]!, ticks: fields.slice(11, 15).reduce((sum, field) => sum + field, 0) };
  } catch {
    return undefined;
  }
}
