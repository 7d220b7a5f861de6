/** Wrong designs of a window, as changes to the graph of a run; each rejects where it changes nothing. */
import type { Operation, StatementOperation } from '../../../../src/operation/operation.js';
import { inBatches, type ChangeGraph } from '../../seeds/wrong-graphs.js';

/** What is deleted stays on the other side. */
export const mirrorWithoutDelete = inPrepare(/EXECUTE ''DELETE FROM \S+ AS t [^;]*;/g, 'PERFORM 1;');

/** Who does not see what a batch has committed leaves it there. */
export const noRuleForRepeatableRead = inPrepare(
  /IF n = 0 AND pg_catalog\.current_setting\(''transaction_isolation''\) <> ''read committed'' THEN/g,
  'IF false THEN',
);

export const fillWithoutRowLock = inBatches('there', /\nFOR NO KEY UPDATE\n/, '\n');

/** What is written while the rows are taken away is not the run's any more, by its looks. */
export const mirrorsDroppedFirst: ChangeGraph = (graph) => {
  let changes = 0;
  const isDrop = ({ sql }: StatementOperation['statements'][number]): boolean => sql.startsWith('DROP TRIGGER');
  const operations = graph.operations.map((operation): Operation => {
    const { reversal } = operation;
    if (reversal.kind !== 'operations') return operation;
    const statements = reversal.operations.filter((one) => one.kind === 'statement');
    const leave = statements.find(({ id }) => /^undo\/.*\/leave$/.test(id));
    const drops = statements.filter(({ id }) => /^undo\/.*\/drop\//.test(id));
    if (leave === undefined || drops.length === 0) return operation;
    const dropped = drops.flatMap((drop) => drop.statements.filter(isDrop));
    changes += dropped.length;
    const changed = reversal.operations.map((one): Operation => {
      if (one === leave)
        return {
          ...leave,
          locks: drops.flatMap(({ locks }) => locks),
          statements: [...dropped, ...leave.statements.filter(({ sql }) => !sql.startsWith('CREATE OR REPLACE'))],
        };
      const drop = drops.find(({ id }) => id === one.id);
      return drop === undefined
        ? one
        : { ...drop, statements: drop.statements.filter((statement) => !isDrop(statement)) };
    });
    return { ...operation, reversal: { ...reversal, operations: changed } };
  });
  if (changes === 0) throw new Error('the graph drops no mirrors on its way back');
  return { ...graph, operations };
};

function inPrepare(text: RegExp, instead: string): ChangeGraph {
  return (graph) => {
    let changes = 0;
    const replaced = (sql: string): string => {
      const changed = sql.replace(text, instead);
      if (changed !== sql) changes += 1;
      return changed;
    };
    const operations = graph.operations.map((operation): Operation =>
      operation.kind === 'statement' && operation.id.endsWith('/prepare')
        ? { ...operation, statements: operation.statements.map((one) => ({ ...one, sql: replaced(one.sql) })) }
        : operation,
    );
    if (changes === 0) throw new Error(`no function of the graph holds ${text.source}`);
    return { ...graph, operations };
  };
}
