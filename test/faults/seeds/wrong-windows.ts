/**
 * Wrong designs of windows, as changes to a compiled graph. Each throws where the text that it takes away is not there: a seed
 * that changes nothing would prove nothing.
 */
import type { Operation } from '../../../src/operation/operation.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { inBatches, type ChangeGraph } from './wrong-graphs.js';

/** A batch reads what a writer is about to change, and writes it behind him. */
export const sourceNotLocked = inBatches('there', /\nFOR NO KEY UPDATE\n/, '\n');

/** An UPDATE that leaves the key alone does not wait for it. */
export const sourceLockedTooWeakly = inBatches('there', /FOR NO KEY UPDATE/, 'FOR KEY SHARE');

/** What is there is overwritten, whoever wrote it. */
export const backfillOverwrites = inBatches(
  'there',
  /ON CONFLICT \(id\) DO NOTHING/,
  'ON CONFLICT (id) DO UPDATE SET word = EXCLUDED.word',
);

/** Without its target the conflict clause passes over whatever any unique index holds against the row. */
export const bareConflictClause = inBatches('there', /ON CONFLICT \(id\) DO NOTHING/, 'ON CONFLICT DO NOTHING');

/** A batch does not look whether the mirror still fires. */
export const silenceUnnoticed = inBatches(
  'there',
  /CASE WHEN NOT \(NOT EXISTS[\s\S]*?\)\) THEN/,
  'CASE WHEN false THEN',
);

/** The fill has read before the triggers are there: it neither sees a writer who has not committed, nor does he fire them. */
export const readBeforeTheTriggers: ChangeGraph = (graph) => {
  const unnoticed = silenceUnnoticed(graph);
  const fills = unnoticed.operations.filter(({ id }) => id.startsWith('fill/fill/')).map(({ id }) => id);
  const open = 'in-step/open';
  const edges = unnoticed.edges.filter(([before, after]) => !(before === open && fills.includes(after)));
  if (edges.length === unnoticed.edges.length) throw new Error('no fill waits for the opening');
  const behind = unnoticed.edges.filter(([before]) => fills.includes(before)).map(([, after]) => after);
  const early = new Set([
    'in-step/prepare',
    ...unnoticed.operations.filter(({ id }) => /^in-step\/note\//.test(id)).map(({ id }) => id),
  ]);
  return {
    ...unnoticed,
    operations: unnoticed.operations.map((operation) =>
      operation.id === open ? { ...operation, after: [...operation.after, ...fills] } : operation,
    ),
    edges: [
      ...edges,
      ...[...early].flatMap((before) => fills.map((fill) => [before, fill] as const)),
      ...fills.map((fill) => [fill, open] as const),
      ...behind.map((after) => [open, after] as const),
    ],
  };
};

/** A writer with an old snapshot deletes nothing, and is not told. */
export const noRuleForOldSnapshots = inFunctions(
  /IF n = 0 AND pg_catalog\.current_setting\(''transaction_isolation''\) <> ''read committed'' THEN/g,
  'IF false THEN',
);

/** `on_delete: ignore` by doing nothing at all: whoever changes the source row next brings the target row back. */
export const forgottenNotAsked = inFunctions(/forgotten := n > 0;/, 'forgotten := false;');

/** Whether the target row is there is read past whoever deletes it at the moment. */
export const forgottenNotWaitedFor = inFunctions(/ FOR NO KEY UPDATE OF t/, '');

export const deletesNotMirrored = inFunctions(
  /\n {2}ELSIF had AND NOT has THEN/,
  "\n  ELSIF had AND NOT has AND TG_OP <> ''DELETE'' THEN",
);

/** The row under the old key stays. */
export const keyChangesNotMirrored: ChangeGraph = (graph) => {
  const unfollowed = inFunctions(/IF moved OR pg_catalog\.starts_with[^;]*? THEN\n/, 'IF false THEN\n')(graph);
  return inFunctions(/moved := NOT [^;]+;/, 'moved := false;')(unfollowed);
};

/** As DELETE and INSERT: what hangs on the row goes with it. */
export const keyChangeIsAnotherRow = inFunctions(/IF moved OR pg_catalog\.starts_with[^;]*? THEN\n/, 'IF false THEN\n');

/** A key that only an INSERT can give: the row goes and comes, and nobody is asked. */
export const keyMovesWhoeverRefers = inFunctions(
  /AND EXISTS \(SELECT FROM lockstep\.referring_rows[^;]*?\)\)/,
  'AND false',
);

/** The event's row is taken for the row. */
export const rowOfTheEvent = inFunctions(
  /INTO come FROM \S+ AS s CROSS JOIN LATERAL (lockstep\."row of [^"]+")\(([^)]*)\) AS r WHERE [^;]*NEW\.[^;]*;/,
  (_, row, reads) => `INTO come FROM ${row}(${reads.replaceAll('s.', 'NEW.')}) AS r;`,
);

/** A move that another one came before is made first. */
export const movesInAnyOrder = inFunctions(
  /AND \(\$2 IS NULL OR m\.id <= \$2\) ORDER BY m\.id/,
  'AND ($2 IS NULL OR m.id = $2) ORDER BY m.id',
);

/** `citext` by case, `numeric` by its zeros. */
export const keysByTheirSpelling = inFunctions(/pg_catalog\.lower\(([^()]*::text) COLLATE "default"\)/g, '$1');

export const truncateLetPass = inFunctions(
  /RAISE EXCEPTION (''lockstep window %: TRUNCATE[\s\S]*?;)/,
  'RAISE DEBUG $1 RETURN NULL;',
);

/** The session's time zone decides which day it is. */
export const timeZoneNotPinned = inFunctions(/SET TimeZone = 'UTC' /, '');

/** What the application names without a schema is not found there. */
export const mirrorUnderAnotherPath = inFunctions(
  /SET search_path FROM CURRENT/g,
  'SET search_path = pg_catalog, pg_temp',
);

/** Foreign keys act first: `RI_…` comes before it. */
export const mirrorBehindForeignKeys: ChangeGraph = (graph) => {
  const text = JSON.stringify(graph);
  if (!text.includes('00 lockstep ')) throw new Error('no trigger of the graph is named to come first');
  return JSON.parse(text.replaceAll('00 lockstep ', 'zz lockstep ')) as OperationGraph;
};

/** In the functions that the window makes before it opens. */
function inFunctions(text: RegExp, instead: string | ((...matched: string[]) => string)): ChangeGraph {
  return (graph) => {
    let changes = 0;
    const changed = (operation: Operation): Operation => {
      if (operation.kind !== 'statement') return operation;
      const statements = operation.statements.map(({ sql, parameters }) => {
        const replaced = typeof instead === 'string' ? sql.replace(text, instead) : sql.replace(text, instead);
        if (replaced !== sql) changes += 1;
        return { sql: replaced, parameters };
      });
      return { ...operation, statements };
    };
    const operations = graph.operations.map(changed);
    if (changes === 0) throw new Error(`no function of the graph holds ${text.source}`);
    return { ...graph, operations };
  };
}
