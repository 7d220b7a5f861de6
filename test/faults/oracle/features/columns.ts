/** What columns are made of: defaults, CHECKs and domains that call functions, generated and unmapped columns, filters, identities. */
import { column, EVERY, wordOf, type Draft, type Feature, type Pair } from '../draft.js';

function some({ choice, pairs }: Draft): Pair {
  return choice.one(pairs);
}

const SHOUT = [
  `CREATE FUNCTION shout(t text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT upper(t) $$`,
  // Calls the other one by its bare name.
  `CREATE FUNCTION loud(t text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN shout(t) = upper(t); END $$`,
  `CREATE FUNCTION first_word() RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN shout('first'); END $$`,
];

function functions({ types }: Draft): void {
  for (const sql of SHOUT) if (!types.includes(sql)) types.push(sql);
}

function checkThatCalls(draft: Draft): boolean {
  const pair = some(draft);
  functions(draft);
  const side = draft.kind !== 'convert' && !pair.made && draft.choice.chance(0.5) ? 'new' : 'old';
  const word = wordOf(pair);
  draft.after.push(
    `ALTER TABLE ${side === 'old' ? pair.source : pair.target} ADD CONSTRAINT loud_${side} CHECK (loud(${side === 'old' ? word.name : word.to!}))`,
  );
  return true;
}

function defaultThatCalls(draft: Draft): boolean {
  functions(draft);
  const pair = some(draft);
  const word = wordOf(pair);
  word.more = ' NOT NULL DEFAULT first_word()';
  pair.targetExtra.push('extra text DEFAULT first_word()');
  return true;
}

function domainThatCalls(draft: Draft): boolean {
  functions(draft);
  const word = wordOf(some(draft));
  draft.types.push('CREATE DOMAIN said AS text CHECK (loud(VALUE))');
  if (draft.choice.chance(0.6)) word.type = 'said';
  word.toType = 'said';
  return true;
}

function indexThatCalls(draft: Draft): boolean {
  functions(draft);
  // From 17 on the server builds indexes under a path of its own.
  const name = draft.major >= 17 ? 'public.shout' : 'shout';
  const heard = `CREATE FUNCTION heard(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN ${name}(t); END $$`;
  if (!draft.types.includes(heard)) draft.types.push(heard);
  const pair = some(draft);
  const side = draft.kind !== 'convert' && !pair.made && draft.choice.chance(0.6) ? 'new' : 'old';
  const word = wordOf(pair);
  draft.after.push(
    `CREATE INDEX ON ${side === 'old' ? pair.source : pair.target} (heard(${side === 'old' ? word.name : word.to!}))`,
  );
  return true;
}

/** Of the source, copied as a plain column; or of the target. */
function generated(draft: Draft): boolean {
  const pair = some(draft);
  if (draft.choice.chance(0.5)) {
    const stored = column('twice', 'twice', 'int', ' GENERATED ALWAYS AS (n * 2) STORED', String);
    pair.columns.push({ ...stored, toMore: '', generated: true });
  } else
    pair.targetExtra.push(
      `thrice int GENERATED ALWAYS AS (${pair.columns.find(({ name }) => name === 'n')!.to!} * 3) STORED`,
    );
  return true;
}

function unmapped(draft: Draft): boolean {
  const pair = some(draft);
  pair.columns.push(column('secret', null, 'text', " DEFAULT 'kept'", (n) => `'secret ${n}'`));
  pair.targetExtra.push("own text DEFAULT 'new'", 'own_null int');
  return true;
}

/** Gives a value to the target that the source says otherwise. */
function expression(draft: Draft): boolean {
  const pair = some(draft);
  const n = pair.columns.find(({ name }) => name === 'n')!;
  const word = wordOf(pair);
  if (n.expression !== undefined) return false;
  if (draft.choice.chance(0.5) || draft.kind !== 'forward') {
    n.expression = 'n * 10 + 1';
    n.reverse = `(${n.to!} - 1) / 10`;
    // The default of the other side says what the expression makes of this one's.
    n.toMore = ' NOT NULL DEFAULT 1';
  } else
    word.expression = draft.choice.one(['upper(word)', "word || '-' || n", "CASE WHEN n > 5 THEN word ELSE '-' END"]);
  return true;
}

/** Rows that leave and enter the mapping: a soft delete. */
function softDelete(draft: Draft): boolean {
  const pair = some(draft);
  // Who refers to a row that has left has none on the other side.
  const referred = draft.pairs.some(({ references }) => references.some(({ parent }) => parent === pair));
  if (pair.live !== null || referred) return false;
  const live = column('live', null, 'boolean', ' NOT NULL DEFAULT true', (n) => String(n % 6 !== 0));
  pair.columns.push(live);
  pair.live = live;
  pair.where = 'live';
  return true;
}

/** Rows of others in the target, which the mapping leaves alone. */
function rowsOfOthers(draft: Draft): boolean {
  const pair = some(draft);
  if (pair.made || pair.targetWhere !== null || pair.targetPartitions !== 'none') return false;
  const kind = column('kind', 'kind', 'text', '', () => "'ours'");
  pair.columns.push({ ...kind, type: 'text', more: " NOT NULL DEFAULT 'ours' CHECK (kind = 'ours')" });
  pair.targetWhere = "kind = 'ours'";
  const mapped = [...pair.key, wordOf(pair)];
  const rows = [901, 902, 903].map((n) => `(${mapped.map((each) => each.value(n)).join(', ')}, 'theirs')`);
  const always = pair.identity === 'ALWAYS' ? ' OVERRIDING SYSTEM VALUE' : '';
  draft.after.push(
    `INSERT INTO ${pair.target} (${mapped.map(({ to }) => to!).join(', ')}, kind)${always} VALUES ${rows.join(', ')}`,
  );
  return pair.references.every(({ nullable }) => nullable);
}

function identity(draft: Draft): boolean {
  const pair = some(draft);
  const key = pair.key[0]!;
  if (pair.key.length > 1 || !['int', 'bigint'].includes(key.toType) || pair.targetPartitions !== 'none') return false;
  if (pair.references.some(({ nullable }) => !nullable)) return false;
  pair.identity = draft.choice.one(['BY DEFAULT', 'ALWAYS']);
  pair.sourceIdentity = draft.choice.chance(0.5);
  draft.probes.push(`INSERT INTO ${pair.target} (${wordOf(pair).to!}) VALUES ('from the new code')`);
  return true;
}

/** Two values that must differ from each other, and may change places. */
function secondKey(draft: Draft): boolean {
  const pair = some(draft);
  if (pair.sourcePartitions !== 'none' || pair.targetPartitions !== 'none') return false;
  const slot = column('slot', 'slot', 'int', '', String);
  pair.columns.push(slot);
  const deferrable = draft.choice.one(['', ' DEFERRABLE INITIALLY DEFERRED']);
  draft.after.push(`ALTER TABLE ${pair.source} ADD CONSTRAINT ${pair.source}_slot UNIQUE (slot)${deferrable}`);
  if (draft.kind !== 'convert' && !pair.made && draft.choice.chance(0.6))
    draft.after.push(`ALTER TABLE ${pair.target} ADD CONSTRAINT ${pair.target}_slot UNIQUE (slot)${deferrable}`);
  return true;
}

/** Stricter than the source is: what it refuses is refused, or noted down. */
function stricter(draft: Draft): boolean {
  const pair = some(draft);
  if (pair.made) return false;
  draft.shapes.add('stricter target');
  const deferred = draft.choice.chance(0.5);
  const n = pair.columns.find(({ name }) => name === 'n')!;
  if (n.expression !== undefined) return false;
  draft.after.push('CREATE TABLE allowed (n int PRIMARY KEY)', 'INSERT INTO allowed SELECT generate_series(0, 60)');
  draft.after.push(
    `ALTER TABLE ${pair.target} ADD CONSTRAINT strict_${pair.id} FOREIGN KEY (${n.to!}) REFERENCES allowed${deferred ? ' DEFERRABLE INITIALLY DEFERRED' : ''}`,
  );
  return true;
}

export const COLUMNS: readonly Feature[] = [
  { name: 'CHECK that calls a function', weight: 1.5, kinds: EVERY, add: checkThatCalls },
  { name: 'default that calls a function', weight: 1.5, add: defaultThatCalls },
  { name: 'domain that calls a function', weight: 1, add: domainThatCalls },
  { name: 'index that calls a function', weight: 1, add: indexThatCalls },
  { name: 'generated column', weight: 2, add: generated },
  { name: 'unmapped columns', weight: 3, add: unmapped },
  { name: 'expression in a mapping', weight: 2, add: expression },
  { name: 'soft delete', weight: 3, add: softDelete },
  { name: 'rows of others in the target', weight: 1.5, add: rowsOfOthers },
  { name: 'identity of the target', weight: 4, add: identity },
  { name: 'second key', weight: 2, kinds: EVERY, add: secondKey },
  { name: 'target that refuses more', weight: 2, add: stricter },
];
