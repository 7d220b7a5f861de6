/** As `expected-outcomes`, for windows in both directions. Writes of the new side bear `new: `. */
import {
  ALL_WAIT,
  NEW_ROWS,
  NO_MIRROR,
  NO_TARGET_WRITE,
  ONLY_DELETES,
  REFUSED,
  ROW_WAITS,
  WRITES_TOO,
} from './expected-terms.js';

const BACK_WRITES =
  'new: insert; new: update, mapped; new: key change; new: upsert, new; new: upsert, there; new: COPY';
const NEW_SIDE = `${BACK_WRITES}; new: delete; new: update, unmapped`;

const NOT_JOINED = '– the new side is nobody’s before the opposite mirror is there';
const NOTHING_COMPUTED = '– the mirror computes nothing of the application';
const SOURCE_IS_FREE = '– the source has nothing that could hold the mirror';

const ALL_WAIT_BOTH = (truncate: string): string => `${ALL_WAIT(truncate)}
    ${NEW_SIDE}      | waits, ok | waits, ok
    new: TRUNCATE    | ${truncate} | ${truncate}`;

/** Under a lock on the old side: a write to the new one waits in its mirror, and one that has no mirror goes on. */
const OLD_SIDE_LOCKED = `${ALL_WAIT('waits, 55006')}
    ${BACK_WRITES}; new: delete | waits, ok | waits, ok
    new: update, unmapped | goes on, ok | goes on, ok
    new: TRUNCATE | waits, 55006 | waits, 55006`;

/** One table after the other: whose turn it is waits. */
const ONE_AT_A_TIME = `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped; ${NEW_SIDE} | either, ok | either, ok
    TRUNCATE; new: TRUNCATE | either, 55006 | either, 55006`;

const HELD_READING = (meeting: string): string => `
    ${NEW_ROWS}; ${ROW_WAITS} | ${meeting}, ok | ${meeting}, ok
    ${BACK_WRITES}   | ${meeting}, ok | ${meeting}, ok
    new: delete      | ${NOTHING_COMPUTED} | ${NOTHING_COMPUTED}
    update, unmapped; new: update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    TRUNCATE; new: TRUNCATE | ${REFUSED} | ${REFUSED}`;

export const EXPECTED_BOTH: Readonly<Record<string, string>> = {
  'a writer of the old side has not committed, the opposite mirror comes': `${ALL_WAIT(REFUSED)}
    ${NEW_SIDE}; new: TRUNCATE | ${NOT_JOINED} | ${NOT_JOINED}`,
  'the opposite mirror has not committed, a writer comes': ALL_WAIT_BOTH('waits, 55006'),
  'a mirror reads, both sides are compared': HELD_READING('goes on'),
  'a mirror writes, both sides are compared': `
    ${NEW_ROWS}; ${WRITES_TOO} | goes on, ok | goes on, ok
    ${ONLY_DELETES}  | ${NO_TARGET_WRITE} | ${NO_TARGET_WRITE}
    update, unmapped | ${NO_MIRROR} | ${NO_MIRROR}
    ${NEW_SIDE}; new: TRUNCATE | ${SOURCE_IS_FREE} | ${SOURCE_IS_FREE}
    TRUNCATE         | ${REFUSED}  | ${REFUSED}`,
  'a writer has not committed, both sides are compared': `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped | goes on, ok | goes on, ok
    ${NEW_SIDE}      | goes on, ok | goes on, ok
    TRUNCATE; new: TRUNCATE | ${REFUSED} | ${REFUSED}`,
  'a writer has not committed, the cutover begins to watch': ALL_WAIT_BOTH(REFUSED),
  'that the cutover watches is not committed, a writer comes': ONE_AT_A_TIME,
  'a writer has not committed, the cutover comes': ALL_WAIT_BOTH(REFUSED),
  'a mirror reads, the cutover comes': HELD_READING('waits'),
  'the cutover has not committed, a writer comes': OLD_SIDE_LOCKED,
  'the new side leads': `
    ${NEW_ROWS}; ${ROW_WAITS}; update, unmapped; ${NEW_SIDE} | alone, ok | alone, ok
    TRUNCATE; new: TRUNCATE | alone, 55006 | alone, 55006`,
  'a writer has not committed, the cutover is taken back': ALL_WAIT_BOTH(REFUSED),
  'that the cutover is taken back is not committed, a writer comes': OLD_SIDE_LOCKED,
  'a writer has not committed, the window closes after a cutover': ALL_WAIT_BOTH(REFUSED),
};
