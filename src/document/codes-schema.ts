/** What `explain` says about values that do not have the shape of the schema. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const SCHEMA_CODES = {
  LS1101: {
    summary: 'a required key is missing',
    explanation:
      'The map lacks a key that has no default. The message says what the key is for. A misspelt key is reported once, ' +
      'as unknown (LS1103), with the remark that renaming it fixes both.',
  },
  LS1102: {
    summary: 'a value of the wrong type',
    explanation:
      'The schema asks for another type here. Frequent cases: a number where text is needed (`version: 12` is a number, ' +
      '`version: "12"` is text; SQL such as `0` must be in quotes too), one value where a list is needed (`[value]`), ' +
      'text where a map is needed because a line is not indented.',
  },
  LS1103: {
    summary: 'unknown key',
    explanation:
      'The key has no meaning at this place. Unknown keys are never ignored: a misspelt `where` would mean all rows. ' +
      'Look at the indentation too: a key of the step may stand among the fields of its kind, or the other way round.',
  },
  LS1104: {
    summary: 'not one of the possible values',
    explanation: 'The place takes one of a few fixed values, and this is none of them. The message lists them.',
  },
  LS1105: {
    summary: 'a text of the wrong form',
    explanation: 'The text does not have the form that this place asks for. The message says which form that is.',
  },
  LS1106: {
    summary: 'an empty value',
    explanation:
      'The key is there but its value is empty, null, or has no entries. An empty filter would mean "all rows", an ' +
      'empty list of checks would always hold: nothing in a plan gets a meaning by being empty. Give a value, or ' +
      'remove the key.',
  },
  LS1107: {
    summary: 'a value outside its limits',
    explanation: 'A number, a length or a count is outside the limits of this place. The message says which they are.',
  },
  LS1108: {
    summary: 'two that exclude each other',
    explanation:
      'A step has exactly one kind, and a check is exactly one check. This one names several, and which of them was ' +
      'meant is not something to guess. Make two of it.',
  },
  LS1109: {
    summary: 'none where one is needed',
    explanation:
      'A step needs exactly one kind, and a list of checks needs a check in each entry. None of the possible keys is ' +
      'here. The message lists them.',
  },
  LS1110: {
    summary: 'a value that fits none of the possible shapes',
    explanation:
      'The place takes values of several shapes, and this is none of them. Where the value comes close to one of them, ' +
      'the problems are reported against that one instead.',
  },
} as const satisfies CodeTable;
