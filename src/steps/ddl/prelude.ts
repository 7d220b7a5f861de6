/** Settings that a file of definitions sets for what follows: in front of every transaction instead of once a session. */
import type { ParsedStatement } from '../../sql/grammar.js';
import { nodeAs } from '../../sql/tree-walk.js';
import { isPathReset, settingOf } from './forms/rows-and-settings.js';

export interface Prelude {
  /** True where the statement is a setting that was taken, or passed over. */
  takes(statement: ParsedStatement): boolean;
  texts(): readonly string[];
}

export function createPrelude(): Prelude {
  const settings = new Map<string, string>();
  return {
    takes(statement) {
      const select = nodeAs(statement.node, 'SelectStmt');
      if (select !== undefined) return isPathReset(select);
      const set = nodeAs(statement.node, 'VariableSetStmt');
      if (set === undefined) return false;
      const taken = settingOf(set);
      if (taken === 'carried')
        settings.set(set.name!, statement.text.replace(/^SET\s+(SESSION\s+|LOCAL\s+)?/i, 'SET LOCAL '));
      return taken !== 'refused';
    },
    texts: () => [...settings.values()],
  };
}
