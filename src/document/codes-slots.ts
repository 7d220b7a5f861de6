/** What `explain` says about SQL fragments, names and parameters in a plan. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const SLOT_CODES = {
  LS1201: {
    summary: 'SQL that PostgreSQL would not read',
    explanation:
      "The fragment was parsed by PostgreSQL's own grammar, which stopped at the marked place. Either the SQL is " +
      'wrong there or just before, or it is not what this place asks for: an expression (`lower(email)`), a condition ' +
      '(`email IS NOT NULL`, without `WHERE`), one query, one statement, or statements.',
  },
  LS1202: {
    summary: 'SQL cut off by a YAML comment',
    explanation:
      'In an unquoted YAML text, a blank and `#` begin a comment. What follows is not part of the SQL, so an ' +
      'expression with the operator `#` or `#>>` is silently cut. Write the SQL under `|`, where nothing is a comment, ' +
      'or in quotes. A comment about the SQL belongs on its own line above the key.',
  },
  LS1203: {
    summary: 'SQL over several folded lines',
    explanation:
      'YAML joins the lines of an unquoted or `>` text with spaces. A `--` comment then swallows the rest of the ' +
      'statement, a line break in a string constant becomes a space, and positions in error messages no longer match. ' +
      'Use `|`: it keeps lines as they are.',
  },
  LS1204: {
    summary: 'text split at a comma',
    explanation:
      'Inside `{ }` and `[ ]` YAML ends a value at each comma. `{ name: coalesce(a, b) }` is therefore a map with the ' +
      'keys `name` (value `coalesce(a`) and `b)`. Put the expression in quotes: `{ name: "coalesce(a, b)" }`, or write ' +
      'the map over several lines without braces.',
  },
  LS1205: {
    summary: 'a name that cannot be read',
    explanation:
      'Names are dotted parts, each literal and never folded: `users`, `auth.users`, `users.id`, `auth.users.id`, by ' +
      'the place that they stand in. A part that holds a dot or a quote is written in double quotes as in SQL. ' +
      'PostgreSQL cuts names after 63 bytes, so that two of them may become one; longer ones are refused.',
  },
  LS1206: {
    summary: 'a file that cannot be read',
    explanation:
      'The plan names a file whose text belongs to it. It is looked for from the folder in which the plan stands, so that a ' +
      'plan that was approved on one machine finds the same file on another; an absolute path is refused for that reason. ' +
      'Links are followed first: a file lies in the repository of the plan (without one, in its folder) and not in `.git`, is a ' +
      'regular one of at most 1 MiB, and its name does not begin with a dot, so that whoever writes a plan sees no other file of the ' +
      'machine that checks it. A saved plan holds the text of its files and reads none of them again.',
  },
  LS1301: {
    summary: 'a parameter outside quotes',
    explanation:
      'Without quotes, YAML reads `{{ name }}` as a map whose key is a map. Write `"{{ name }}"`. The quotes belong to ' +
      'YAML: the parameter still arrives with its own type.',
  },
  LS1302: {
    summary: 'an unknown parameter',
    explanation:
      '`{{ name }}` stands for a parameter that the plan declares under `params`. This one is not declared there. ' +
      'Correct the name, or declare it: `params: { name: { type: string } }`.',
  },
  LS1303: {
    summary: 'a parameter without a value',
    explanation:
      'A parameter gets its value from `--set name=value`, then from the environment variable that `env` names, then ' +
      'from `default`. None of them gave one. Give one of the three.',
  },
  LS1304: {
    summary: 'a parameter value of the wrong type',
    explanation:
      'A parameter is a `string`, an `integer` (within ±2^53, in plain decimal form), a `boolean` (`true` or `false`) ' +
      'or a `duration` (`250ms`, `5s`, `1h30m`, `30d`). The value given by `--set`, the environment or `default` is not.',
  },
  LS1305: {
    summary: 'a value for a parameter that the plan does not have',
    explanation:
      '`--set name=value` gives a value to a parameter declared under `params`. The plan declares none of this name. ' +
      'The run is refused, because a misspelt name would silently leave the default in force.',
  },
  LS1306: {
    summary: 'a parameter inside a longer text',
    explanation:
      'Outside SQL, `"{{ name }}"` stands for a whole value. It cannot be part of a longer text: names and paths that ' +
      'are put together from pieces cannot be checked or reviewed. Make the whole text the parameter.',
  },
  LS1307: {
    summary: 'a parameter where SQL has no place for a value',
    explanation:
      'Inside SQL a parameter becomes one literal: `5`, `true`, or a text in quotes with every quote in it doubled. ' +
      'That works where the grammar expects an expression, and nowhere else: not inside a quoted string or a quoted ' +
      'name, not in a comment or a function body, not as part of a word, not as the name of a table. So a value can ' +
      "never become code. Let SQL join the pieces (`'prefix' || {{ name }}`), or write the name out.",
  },
} as const satisfies CodeTable;
