/** Problems of the command line itself. */
import type { CodeTable } from '../kernel/diagnostic.js';

export const CLI_CODES = {
  LS9101: {
    summary: 'the command line cannot be understood',
    explanation:
      'A command, an option or an argument is not one that lockstep knows, or one is missing. Nothing was done. `lockstep help` lists the commands, `lockstep COMMAND --help` the options of one.',
  },
  LS9102: {
    summary: 'there is no such code',
    explanation:
      'Codes of diagnostics are `LS` and four digits, as printed in brackets: `error[LS1103]`. `docs/diagnostics.md` lists them all.',
  },
  LS9103: {
    summary: 'there is no such target',
    explanation:
      '`--target` names a target of the configuration, `lockstep.config.yaml` in the working directory or the file of `--config`, and it has none of this name, or there is no configuration. Nothing was done.',
  },
} as const satisfies CodeTable;
