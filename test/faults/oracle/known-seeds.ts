/** Seeds that have failed, by what was wrong: they are played in every run, and stay green once mended. */

export interface KnownSeed {
  readonly major: number;
  readonly seed: number;
  readonly kind: string;
}

export const KNOWN: readonly KnownSeed[] = [];

/** What problems have in common, whatever their rows and names say. */
export function kindOfProblem(problem: string): string {
  const [first = '', second = ''] = problem.split('\n');
  const states = /^SQLSTATE (\S+) in place of (\S+)/.exec(first);
  const head = states === null ? general(first) : `${states[1]!} in place of ${states[2]!}`;
  return `${head} | ${general(second)}`.slice(0, 180);
}

/** Without rows and names. */
function general(line: string): string {
  return line
    .replaceAll(/'[^']*'|"[^"]*"|\([^()]*\)/g, '…')
    .replaceAll(/(?<!LS)\b\d+/g, '…')
    .replaceAll(/(items|parts|bits|item|part|bit)/g, 'table')
    .replace(/: (INSERT|UPDATE|DELETE|MERGE|COPY|WITH|COMMIT|ROLLBACK|SAVEPOINT).*/, '')
    .replace(/ SQL statement .*/, '')
    .trim();
}
