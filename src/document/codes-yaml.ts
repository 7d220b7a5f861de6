/** What `explain` says about the refusals of `read-yaml`. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const YAML_CODES = {
  LS1001: {
    summary: 'not YAML',
    explanation:
      'The YAML parser could not read the file, or read it only with a warning. A warning counts as an error, because ' +
      'it means that the parser guessed, and a plan that changes a database must not rest on a guess.\n\n' +
      'Common causes: a tab in the indentation, a quote that is never closed, a text that holds `: ` or begins with ' +
      'one of `[ ] { } , & * ! | > % @` or a backtick and has no quotes, lines of one list that are indented differently.',
  },
  LS1002: {
    summary: 'an alias',
    explanation:
      '`*name` repeats what an anchor marked elsewhere. A reader of a plan must see at each place what happens there, ' +
      'and a few nested aliases can grow into gigabytes. Write the value out. If text that begins with `*` was meant, ' +
      'put it in quotes.',
  },
  LS1003: {
    summary: 'an anchor',
    explanation:
      '`&name` marks a value so that aliases can repeat it. Aliases are refused (LS1002), so an anchor has no use. ' +
      'Remove it. If text that begins with `&` was meant, put it in quotes.',
  },
  LS1004: {
    summary: 'a merge key',
    explanation:
      '`<<:` would merge the keys of another map into this one. It belongs to YAML 1.1, tools disagree about which ' +
      'side wins, and a step would do something that is not written in it. Write the keys out. What many steps share ' +
      'belongs in `defaults`.',
  },
  LS1005: {
    summary: 'a tag',
    explanation:
      '`!name` or `!!name` would change the type of a value. The schema says which type each place has, so a tag can ' +
      'only repeat or contradict it. Remove the tag. For text that looks like a number, use quotes.',
  },
  LS1006: {
    summary: 'a key twice in one map',
    explanation:
      'YAML allows a key once per map. Parsers that let it pass keep the last value, and the first is silently lost: ' +
      'a `where` that nobody applies. Remove one, or merge the two.',
  },
  LS1007: {
    summary: 'a file too large',
    explanation:
      'A plan may have 1 MiB at most. Plans are read and approved by people; a file of that size was generated or ' +
      'holds data. Split the plan, or load data with a step that reads it from elsewhere.',
  },
  LS1008: {
    summary: 'too many levels',
    explanation:
      'Lists and maps may be nested 32 levels deep. No construct of the language needs ten. An unclosed bracket or a ' +
      'generator in a loop is the usual cause.',
  },
  LS1009: {
    summary: 'more than one document',
    explanation:
      'A file holds one plan. A line `---` begins another YAML document, and which of the two would run is not ' +
      'something to guess. Put each plan into its own file, or remove the line.',
  },
  LS1010: {
    summary: 'an empty file',
    explanation:
      'The file holds nothing, or comments only. A plan has at least `lockstep`, `name` and `steps`; ' +
      '`plans/` has some to begin with.',
  },
  LS1011: {
    summary: 'a number that would be changed',
    explanation:
      'What stands here looks like a number but would not be the same after reading: `0x10` and `1e3` are written ' +
      'differently, `010` is 8 or 10 by the YAML version, `1_000` is a number or text, `1.50` becomes `1.5`, and ' +
      'integers beyond 2^53 are rounded. Write the number in its plain decimal form. Where text or SQL is meant, ' +
      'put it in quotes: it is then kept letter by letter.',
  },
  LS1012: {
    summary: 'a key that is not text',
    explanation:
      'Keys are names: text. A number, `true`, `null`, nothing at all, a list or a map cannot name anything in a ' +
      'plan. If the name really looks like that, put it in quotes: `"1"`, `"true"`, `"null"`.',
  },
  LS1013: {
    summary: 'a control character',
    explanation:
      'The text holds an invisible character other than tab and line end: usually the trace of a copy from a ' +
      'terminal or a word processor, sometimes an attempt to hide something from a reviewer. PostgreSQL cannot store ' +
      'NUL in text at all. Remove it. Line ends are LF or CR LF.',
  },
  LS1014: {
    summary: 'a YAML directive',
    explanation:
      'A line that begins with `%` (`%YAML 1.1`, `%TAG`) changes how the rest is read: under YAML 1.1 `no` is false ' +
      'and `010` is 8. Plans are YAML 1.2, always. Remove the line.',
  },
} as const satisfies CodeTable;
