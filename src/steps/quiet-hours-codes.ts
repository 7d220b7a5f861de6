/** Problems of `quiet_hours`, wherever it stands. Numbered before gates had them, and numbers stay. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const QUIET_HOURS_CODES = {
  LS1406: {
    summary: 'a time zone that is not known',
    explanation:
      'The hours in which a run may work, or pass a gate, are those of a clock on a wall, and which one is said by the IANA name of its time zone: `UTC`, `Europe/Berlin`. Offsets such as `+01:00` and abbreviations are refused: they do not know when summer time begins.',
  },
  LS1407: {
    summary: 'hours that are none',
    explanation:
      'The window begins and ends at the same minute. Whether that means never or always would be a guess. Give it a length, where `to` before `from` goes over midnight, or remove it where it is always allowed.',
  },
} as const satisfies CodeTable;
