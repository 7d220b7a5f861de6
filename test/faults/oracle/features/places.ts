/** Where rows are and who may see them: partitions, views, row-level security, owners and roles, tables that the plan makes. */
import { EVERY, wordOf, type Draft, type Feature, type Pair } from '../draft.js';

function partitioned(draft: Draft, side: 'old' | 'new'): boolean {
  const pair = draft.choice.one(draft.pairs);
  const field = side === 'old' ? 'sourcePartitions' : 'targetPartitions';
  if (pair[field] !== 'none' || pair.identity !== 'none') return false;
  // A hash of citext or of a collation is not the question here.
  const plain = ['int', 'bigint', 'text'].includes(pair.key.at(-1)!.type);
  if (pair.key.length === 1 && !plain) return false;
  pair[field] = pair.key.length > 1 ? 'list' : 'hash';
  return true;
}

/** Tables that are read and written under policies, by somebody who owns nothing. */
function policies(draft: Draft): boolean {
  const pair = draft.choice.one(draft.pairs);
  if (!roles(draft)) return false;
  const { after } = draft;
  after.push(
    `ALTER TABLE ${pair.source} ENABLE ROW LEVEL SECURITY`,
    `CREATE POLICY seen ON ${pair.source} USING (n < 40) WITH CHECK (n < 50)`,
  );
  if (draft.kind !== 'convert' && !pair.made && draft.choice.chance(0.4))
    after.push(
      `ALTER TABLE ${pair.target} ENABLE ROW LEVEL SECURITY`,
      `CREATE POLICY seen ON ${pair.target} USING (${wordOf(pair).to!} <> 'hidden')`,
    );
  return true;
}

/** The tables belong to one role, and the application is another one. */
function roles(draft: Draft): boolean {
  if (draft.role !== null) return true;
  // Nobody would give it the right to a table that the plan makes.
  if (draft.pairs.some(({ made }) => made)) return false;
  draft.role = 'oracle_app';
  draft.owner = draft.choice.one(['oracle_owner', null]);
  return true;
}

/** A target that a step of the plan makes: the way back drops it, but for what others wrote. */
function madeByThePlan(draft: Draft): boolean {
  const pair = draft.choice.one(draft.pairs);
  const used = draft.after.some((sql) => sql.includes(pair.target));
  if (used || draft.role !== null || pair.targetPartitions !== 'none' || pair.targetWhere !== null) return false;
  pair.made = true;
  return true;
}

function viewOfTheSource(draft: Draft): boolean {
  const pair: Pair = draft.choice.one(draft.pairs);
  pair.view = `${pair.source}_view`;
  const columns = pair.columns.map(({ name }) => name).join(', ');
  draft.after.push(`CREATE VIEW ${pair.view} AS SELECT ${columns} FROM ${pair.source}`);
  return true;
}

export const PLACES: readonly Feature[] = [
  { name: 'partitioned source', weight: 3, add: (draft) => partitioned(draft, 'old') },
  { name: 'partitioned target', weight: 4, add: (draft) => partitioned(draft, 'new') },
  { name: 'row-level security', weight: 1.5, kinds: EVERY, add: policies },
  { name: 'other owners and roles', weight: 2, kinds: EVERY, add: roles },
  { name: 'target made by the plan', weight: 4, add: madeByThePlan },
  { name: 'view that is written', weight: 1, add: viewOfTheSource },
];
