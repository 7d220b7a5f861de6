/** Wrong designs of the way back of definitions, as changes to a compiled graph. */
import type { Operation, StatementOperation } from '../../../src/operation/operation.js';
import type { ChangeGraph } from './wrong-graphs.js';

/** What was done first is taken back first. */
export const inDocumentOrder: ChangeGraph = (graph) => {
  const reversals = graph.operations.map(({ reversal }) => reversal).reverse();
  return {
    ...graph,
    operations: graph.operations.map((operation, index): Operation => ({ ...operation, reversal: reversals[index]! })),
  };
};

/** A constraint comes back under the name that the server chooses. */
export const namesForgotten: ChangeGraph = (graph) => {
  let changes = 0;
  const nameless = (operation: StatementOperation): StatementOperation => ({
    ...operation,
    statements: operation.statements.map((statement) => {
      const sql = statement.sql.replace(/ADD CONSTRAINT \S+ /, 'ADD ');
      if (sql !== statement.sql) changes += 1;
      return { ...statement, sql };
    }),
  });
  const operations = graph.operations.map((operation): Operation => {
    const { reversal } = operation;
    if (reversal.kind !== 'operations') return operation;
    const back = reversal.operations.map((each) => (each.kind === 'statement' ? nameless(each) : each));
    return { ...operation, reversal: { ...reversal, operations: back } };
  });
  if (changes === 0) throw new Error('no way back adds a constraint');
  return { ...graph, operations };
};
