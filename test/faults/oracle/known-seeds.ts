/** Seeds that have failed, by what was wrong: they are played in every run, and stay green once mended. */

export interface KnownSeed {
  readonly major: number;
  readonly seed: number;
  readonly kind: string;
}

export const KNOWN: readonly KnownSeed[] = [
  { major: 18, seed: 3, kind: 'names without a schema in code that a mirror sets off' },
  { major: 18, seed: 5, kind: 'names without a schema in code that a mirror sets off' },
  { major: 18, seed: 13, kind: 'a way back stops at rows that others refer to' },
  { major: 18, seed: 16, kind: 'the row of an event is not the row' },
  { major: 18, seed: 29, kind: 'a note in a row is gone behind the cutover of a conversion' },
  { major: 18, seed: 30, kind: 'settling at COMMIT writes a row once more' },
  { major: 18, seed: 32, kind: 'a key change of the new side loses what no mapping fills' },
  { major: 18, seed: 70, kind: 'settling at COMMIT writes a row once more' },
  { major: 18, seed: 74, kind: 'a parent with a key of two columns cannot be brought' },
  { major: 18, seed: 83, kind: 'an INSERT at REPEATABLE READ is refused for as long as the fill lasts' },
  { major: 18, seed: 89, kind: 'the row of an event is not the row' },
  { major: 18, seed: 112, kind: 'a way back stops at rows that others refer to' },
  { major: 18, seed: 138, kind: 'a key that only an INSERT can give takes rows of others along' },
  { major: 18, seed: 152, kind: 'a way back stops at rows that others refer to' },
  { major: 18, seed: 154, kind: 'a part of a composite reference beside one that is NULL is lost' },
  { major: 18, seed: 155, kind: 'a key in another spelling is another key' },
  { major: 18, seed: 177, kind: 'rows of others lose their reference' },
  { major: 18, seed: 218, kind: 'a tree is taken back in small batches' },
];

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
