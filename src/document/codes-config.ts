/** What `explain` says about the configuration file and what it names. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const CONFIG_CODES = {
  LS1501: {
    summary: 'an environment variable is not set',
    explanation:
      'A target of the configuration takes its connection from the environment, `${NAME}`, and that variable is not set or is empty. Only the target that is used is asked for its variables. Set it, put it into `.env`, or name the database with `--database-url`.',
  },
  LS1502: {
    summary: 'a reference to the environment that cannot be read',
    explanation:
      'In a connection of the configuration `${NAME}` stands for an environment variable; NAME is letters, digits and underscores. There are no defaults and no other forms. A `$` before a brace that is part of a password is written percent-encoded: `%24`.',
  },
} as const satisfies CodeTable;
