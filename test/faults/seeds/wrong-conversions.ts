/** Wrong designs of a key conversion, as changes to the graph of a run; each rejects where it changes nothing. */
import type { Operation } from '../../../src/operation/operation.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { inBatches, type ChangeGraph } from './wrong-graphs.js';

/** Who looked up a parent before it was filled may still be writing when its child's turn is over. */
export const nobodyIsWaitedOut: ChangeGraph = (graph) => {
  let changes = 0;
  const operations = graph.operations.map((operation): Operation => {
    if (operation.kind !== 'statement' || !operation.id.includes('/settle/')) return operation;
    changes += 1;
    return { ...operation, lockFirst: [], locks: [] };
  });
  if (changes === 0) throw new Error('the graph waits for nobody');
  return { ...graph, operations };
};

/** What a snapshot shows of a parent that was filled since is taken for its value. */
export const noRuleForOldSnapshots = inTriggers(
  /pg_catalog\.current_setting\(''transaction_isolation''\) <> ''read committed''/g,
  'false',
);

/** A parent that the fill has still to come to is taken for one that it has come to since. */
export const unfilledTakenForOld = inTriggers(
  /PERFORM FROM \S+ AS p WHERE [^;]* FOR SHARE;/g,
  "RAISE SQLSTATE ''40001'';",
);

export const comparesWithoutNulls = inTriggers(/(NEW|OLD)\.(\S+) IS DISTINCT FROM (NEW|OLD)\./g, '$1.$2 <> $3.');

/** What a trigger of the application makes of the row afterwards is not seen. */
export const triggersSortFirst: ChangeGraph = (graph) => {
  const text = JSON.stringify(graph);
  if (!text.includes('~ lockstep ')) throw new Error('the graph makes no trigger');
  return JSON.parse(text.replaceAll('~ lockstep ', '! lockstep ')) as OperationGraph;
};

/** Of keys: who has one already gets another, which those who took the first never hear of. */
export const fillsOverWhatIsThere: ChangeGraph = (graph) =>
  inBatches(
    'there',
    /coalesce\(\S+\."?id_uuid"?, (pg_catalog\.gen_random_uuid\(\))\)/,
    '$1',
  )(inBatches('there', / AND public\.users\."?id_uuid"? IS NULL/, '')(graph));

/** Of a key that the fill gives the table of pairs never hears. */
export const fillsWithoutPairs = inBatches('there', /, kept AS \([\s\S]*?\n\)(?=, met)/, '');

/** Whoever gives a row its first new key is taken for the fill, which keeps its pairs by itself. */
export const takesWritersForTheFill = inTriggers(
  / OR coalesce\(pg_catalog\.current_setting\('lockstep\.run_id', true\), ''\) = ''/g,
  '',
);

/** Of a composite reference of two converted columns each part is given its value by itself, before the fill comes to the other. */
export const partsSettledApart: ChangeGraph = (graph) =>
  inTriggers(
    /( AS t SET \S+ = wanted_\d+), \S+ = wanted_\d+ /g,
    '$1 ',
  )(inTriggers(/ OR TG_OP = ''UPDATE'' AND \([^)]*NOT by_new_\d+\)/g, '')(graph));

/** Of a row that walks past the fill with its key, what it refers to is asked for the value that it could compute by itself. */
export const settlesByTheParent: ChangeGraph = (graph) =>
  inTriggers(
    /    (wanted_\d+) := \(SELECT pg_catalog\.encode[^;]*;\n    IF \1 IS NOT NULL THEN\n      UPDATE/g,
    '    $1 := NULL;\n    IF $1 IS NOT NULL THEN\n      UPDATE',
  )(inTriggers(/ OR TG_OP = ''UPDATE'' AND NEW\.\S+ IS NOT NULL AND NEW\.\S+ IS NULL AND NOT by_new_\d+/g, '')(graph));

/** What a composite reference that is partly NULL gets at COMMIT is taken for a write of the new side that says nothing of the old one. */
export const partlyNullForgotten = inTriggers(
  /CASE WHEN NOT (by_new_\d+) OR [\s\S]*? THEN NEW/g,
  'CASE WHEN NOT $1 THEN NEW',
);

/** Whatever is still missing of a row is settled with every write of it, also what the fill has still to come to. */
export const settlesWhateverIsMissing = inTriggers(
  /IF TG_OP = ''INSERT'' OR NEW[^;]*? THEN\n(?= {2}IF \(?NEW)/g,
  'IF true THEN\n',
);

/** A child's own key and its references are written at once, and nobody waits for the keys that these mean. */
export const childrenBeforeParents: ChangeGraph = (graph) => {
  const [parent, child, ...more] = graph.operations.filter(({ kind }) => kind === 'batch');
  const edges = graph.edges.filter(([before]) => before !== parent?.id);
  if (parent === undefined || child === undefined || more.length > 0 || edges.length === graph.edges.length)
    throw new Error('the graph fills no child after its parent');
  // Through its parent the child waited for its own columns, too: that stays.
  const waits = graph.edges.flatMap(([before, after]) => (after === parent.id ? [before] : []));
  return {
    ...graph,
    edges: [...edges, ...waits.map((before) => [before, child.id] as const), [child.id, parent.id]],
    operations: graph.operations.map((one) => {
      const after = one.after.filter((id) => id !== parent.id);
      return { ...one, after: one === child ? [...new Set([...after, ...parent.after])] : after };
    }),
  };
};

function inTriggers(text: RegExp, instead: string): ChangeGraph {
  return (graph) => {
    let changes = 0;
    const operations = graph.operations.map((operation): Operation => {
      if (operation.kind !== 'statement' || !operation.id.includes('/open/')) return operation;
      const statements = operation.statements.map((one) => ({ ...one, sql: one.sql.replace(text, instead) }));
      changes += statements.filter(({ sql }, index) => sql !== operation.statements[index]!.sql).length;
      return { ...operation, statements };
    });
    if (changes === 0) throw new Error(`no function of the graph holds ${text.source}`);
    return { ...graph, operations };
  };
}
