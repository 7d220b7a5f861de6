/**
 * What must come of every scenario, write by write: how who comes second fares (`waits`, `goes on`; `alone`: nobody comes),
 * and how the write ends, `ok` or with which SQLSTATE. `at once`: it ends before anybody could hold it. `–`: that cannot be,
 * and why. Second column: READ COMMITTED; third: REPEATABLE READ and SERIALIZABLE.
 *
 * 55006 is the refusal of TRUNCATE. 40001 is what every writer gets whose snapshot is older than what it would have to
 * see, window or not; such a write is tried again, and must then be acknowledged.
 */
import { EXPECTED_BOTH } from './expected-both.js';
import {
  ALL_GO_ON,
  ALL_WAIT,
  NEW_ROWS,
  NO_MIRROR,
  NO_TARGET_WRITE,
  ONLY_DELETES,
  REFUSED,
  ROW_WAITS,
  WRITES_TOO,
} from './expected-terms.js';
import type { Isolation } from './stage.js';
import type { Write } from './writes.js';

/** The fill meets a writer whose mirror is somewhere in between. */
const FILL_MEETS = {
  reads: `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${ROW_WAITS}     | waits, ok   | waits, ok
    update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  // What another transaction may have put there unseen is looked for by an INSERT: so a delete writes a row, too.
  writes: `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${WRITES_TOO}    | waits, ok   | waits, ok
    ${ONLY_DELETES}  | ${NO_TARGET_WRITE} | waits, ok
    update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  commit: `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${ROW_WAITS}     | waits, ok   | waits, ok
    update, unmapped | waits, ok   | waits, ok
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
};

/** The row is locked by a batch; what it inserts, an older snapshot does not see. */
const BATCH_HOLDS_THE_ROW = `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${ROW_WAITS}     | waits, ok   | waits, 40001
    update, unmapped | waits, ok   | waits, ok
    TRUNCATE         | waits, 55006 | waits, 55006`;

/** Nobody waits for a comparison, and it waits for nobody. */
const COMPARED = {
  reads: `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${ROW_WAITS}     | goes on, ok | goes on, 40001
    update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  writes: `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${WRITES_TOO}    | goes on, ok | goes on, 40001
    ${ONLY_DELETES}  | ${NO_TARGET_WRITE} | goes on, 40001
    update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  commit: `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${ROW_WAITS}     | goes on, ok | at once, 40001
    update, unmapped | goes on, ok | goes on, ok
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
};

/** The target row is locked by the batch that deletes it; only a mirror that deletes it too meets that. */
const TAKEN_AWAY = `
    ${NEW_ROWS}; update, unmapped | goes on, ok | goes on, ok
    ${ROW_WAITS}     | waits, ok   | waits, 40001
    TRUNCATE         | waits, 55006 | waits, 55006`;

const ALONE = `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped; TRUNCATE | alone, ok | alone, ok`;

/** By name of the scenario. */
export const EXPECTED: Readonly<Record<string, string>> = {
  'a writer has not committed, the window opens': ALL_WAIT('waits, ok'),
  'the opening has not committed, a writer comes': ALL_WAIT('waits, 55006'),
  'a mirror reads, the fill begins': FILL_MEETS.reads,
  'a mirror writes, the fill begins': FILL_MEETS.writes,
  'a writer has not committed, the fill begins': FILL_MEETS.commit,
  'a batch reads and has not locked the row, a writer comes': `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped | goes on, ok | goes on, ok
    TRUNCATE         | waits, 55006 | waits, 55006`,
  'a batch has locked the row, a writer comes': BATCH_HOLDS_THE_ROW,
  'a batch writes, a writer comes': BATCH_HOLDS_THE_ROW,
  'a batch has not committed, a writer comes': BATCH_HOLDS_THE_ROW,
  'a batch reads, a writer comes and has not committed, the batch goes on': held(FILL_MEETS.commit),
  'a batch reads, a writer comes as far as what its mirror reads, the batch goes on': held(FILL_MEETS.reads),
  'a batch reads, a writer comes as far as what its mirror writes, the batch goes on': held(FILL_MEETS.writes),
  'snapshot before the fill, a mirror reads, both sides are compared': COMPARED.reads,
  'snapshot before the fill, a mirror writes, both sides are compared': COMPARED.writes,
  'snapshot before the fill, a writer has not committed, both sides are compared': COMPARED.commit,
  'a writer has not committed, the mirrors learn to leave': ALL_WAIT(REFUSED),
  'a mirror reads, the mirrors learn to leave': `
    ${NEW_ROWS}; ${ROW_WAITS} | waits, ok | waits, ok
    update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  'that the mirrors leave is not committed, a writer comes': ALL_WAIT('waits, 55006'),
  'rows are taken away and the row is not locked, a writer comes': `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped | goes on, ok | goes on, ok
    TRUNCATE         | waits, 55006 | waits, 55006`,
  'rows are taken away and the row is locked, a writer comes': TAKEN_AWAY,
  'rows are taken away and that is not committed, a writer comes': TAKEN_AWAY,
  'a leaving mirror reads, rows are taken away': `
    ${NEW_ROWS}      | goes on, ok | goes on, ok
    ${ROW_WAITS}     | goes on, ok | goes on, 40001
    update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  'a writer has not committed, rows are taken away': `
    ${NEW_ROWS}; update, unmapped | goes on, ok | goes on, ok
    ${ROW_WAITS}     | waits, ok   | waits, ok
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  'a writer has not committed, the mirrors go': ALL_WAIT(REFUSED),
  'that the mirrors go is not committed, a writer comes': ALL_GO_ON('goes on, ok'),
  'nothing of the window is left': ALONE,
  'a writer has not committed, the window closes': ALL_WAIT(REFUSED),
  'the closing has not committed, a writer comes': ALL_WAIT('waits, 55006'),
  'the window is closed': ALONE,
};

/** The writer comes while the batch is held: a TRUNCATE waits for the batch, and has nothing to be held at. */
function held(table: string): string {
  return table.replaceAll(REFUSED, '– TRUNCATE waits for the batch; see where it is alone');
}

export type Expected =
  | { readonly meeting: 'waits' | 'goes on' | 'at once' | 'alone'; readonly end: string }
  | { readonly notApplicable: string };

/** Exactly one line of the scenario's table must speak of the write. */
export function expectedOf(
  scenario: string,
  { side, name }: Pick<Write, 'side' | 'name'>,
  isolation: Isolation,
): Expected {
  const write = side === 'old' ? name : `new: ${name}`;
  const lines = (EXPECTED[scenario] ?? EXPECTED_BOTH[scenario] ?? '')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const found = lines.filter(([names]) => names!.split('; ').includes(write));
  if (found.length !== 1) throw new Error(`${found.length} lines of "${scenario}" speak of "${write}"`);
  const cell = found[0]![isolation === 'READ COMMITTED' ? 1 : 2]!;
  if (cell.startsWith('–')) return { notApplicable: cell.slice(2) };
  const [meeting, end] = cell.split(', ');
  return { meeting: meeting as 'waits', end: end! };
}
