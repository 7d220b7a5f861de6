/** Code of the application that runs with its writes: triggers and rules, of the source and of the target. */
import {
  addTrigger,
  column,
  EVERY,
  plainColumns,
  TABLES,
  wordOf,
  type Column,
  type Draft,
  type Feature,
  type Pair,
} from '../draft.js';

/** Names that sort behind `00 lockstep`; triggers of the application are called like that. */
function on(draft: Draft, side: 'old' | 'new'): { readonly pair: Pair; readonly table: string } | undefined {
  const pair = draft.choice.one(draft.pairs);
  if (side === 'new') {
    if (pair.made) return undefined;
    draft.targetTriggers = true;
  }
  return { pair, table: side === 'old' ? pair.source : pair.target };
}

const called = (side: 'old' | 'new', { name, to }: Column): string => (side === 'old' ? name : to!);

/** Unqualified, as applications write them; now and then with their schema. */
function named(draft: Draft, table: string): string {
  if (draft.choice.chance(0.5)) return `public.${table}`;
  draft.shapes.add('unqualified name in a trigger');
  return table;
}

/** An AFTER trigger counts at the parent, as counter caches do. */
function counterCache(draft: Draft): boolean {
  const child = draft.pairs.find(({ references }) => references.length > 0);
  const reference = child && draft.choice.one(child.references);
  if (child === undefined || reference === undefined) return false;
  const { parent, columns } = reference;
  if (parent.columns.some(({ name }) => name === 'children')) return false;
  // Mapped: what the trigger makes of the row must be on the other side, too.
  const children = { ...column('children', 'children', 'int', ' NOT NULL DEFAULT 0', String), counted: true };
  parent.columns.push(children);
  const where = (row: string): string =>
    parent.key.map(({ name }, at) => `${name} = ${row}.${columns[at]!.name}`).join(' AND ');
  const table = named(draft, parent.source);
  // A conversion refuses a condition over what it converts.
  const condition = `NEW.${columns[0]!.name} IS NOT NULL`;
  addTrigger(draft, `count_${child.id}`, {
    table: child.source,
    when: 'AFTER INSERT',
    ...(draft.kind === 'convert' ? {} : { condition }),
    body: `UPDATE ${table} SET children = children + 1 WHERE ${where('NEW')}; RETURN NULL;`,
  });
  if (draft.choice.chance(0.5))
    addTrigger(draft, `uncount_${child.id}`, {
      table: child.source,
      when: 'AFTER DELETE',
      body: `UPDATE ${table} SET children = children - 1 WHERE ${where('OLD')}; RETURN NULL;`,
    });
  return true;
}

/** At most one row for each value: an AFTER trigger deletes the others of its own table. */
function oneOfEach(draft: Draft): boolean {
  const { pair, table } = on(draft, 'old')!;
  const key = pair.key.at(-1)!;
  addTrigger(draft, `one_${pair.id}`, {
    table,
    when: 'AFTER INSERT',
    body: `DELETE FROM ${named(draft, table)} WHERE n = NEW.n AND ${key.name} > NEW.${key.name}; RETURN NULL;`,
  });
  return true;
}

/** An AFTER trigger with WHEN that writes its own row once more. */
function writesItself(draft: Draft): boolean {
  const { pair, table } = on(draft, 'old')!;
  const word = wordOf(pair);
  const keys = pair.key.map(({ name }) => `${name} = NEW.${name}`).join(' AND ');
  addTrigger(draft, `again_${pair.id}`, {
    table,
    when: draft.choice.one(['AFTER INSERT OR UPDATE', 'AFTER UPDATE OF n', 'AFTER INSERT']),
    condition: `NEW.${word.name} NOT LIKE '% again'`,
    body: `UPDATE ${named(draft, table)} SET ${word.name} = ${word.name} || ' again' WHERE ${keys}; RETURN NULL;`,
  });
  return true;
}

function normalizes(draft: Draft, side: 'old' | 'new'): boolean {
  const { pair, table } = on(draft, side) ?? {};
  if (pair === undefined || table === undefined) return false;
  if (side === 'new') {
    pair.targetExtra.push('length_of int');
    const body = `NEW.length_of := length(NEW.${called(side, wordOf(pair))}); RETURN NEW;`;
    addTrigger(draft, `length_${pair.id}`, { table, when: 'BEFORE INSERT OR UPDATE', body });
    return true;
  }
  const body = `NEW.word := lower(NEW.word); RETURN NEW;`;
  addTrigger(draft, `lower_${pair.id}`, { table, when: 'BEFORE INSERT OR UPDATE', body });
  return true;
}

/** How often a row was written: a write too many shows. */
function version(draft: Draft): boolean {
  const { pair, table } = on(draft, 'old')!;
  pair.columns.push({ ...column('version', null, 'int', ' NOT NULL DEFAULT 1', String), counted: true });
  addTrigger(draft, `version_${pair.id}`, {
    table,
    when: 'BEFORE UPDATE',
    body: 'NEW.version := OLD.version + 1; RETURN NEW;',
  });
  return true;
}

function audit(draft: Draft, side: 'old' | 'new'): boolean {
  const { pair, table } = on(draft, side) ?? {};
  if (pair === undefined || table === undefined) return false;
  const log = `audit_${side}_${pair.id}`;
  // The names of keys mean others behind the cutover of a conversion.
  const key = draft.kind === 'convert' ? 'note' : called(side, pair.key.at(-1)!);
  draft.after.push(`CREATE TABLE ${log} (what text, old_key text, new_key text, word text)`);
  addTrigger(draft, log.replace('audit', 'write'), {
    table,
    when: 'AFTER INSERT OR UPDATE OR DELETE',
    body: `INSERT INTO ${named(draft, log)} VALUES (TG_OP, OLD.${key}::text, NEW.${key}::text, NEW.${called(side, wordOf(pair))}); RETURN NULL;`,
  });
  if (side === 'old')
    draft.others.push({
      table: log,
      columns: ['what', 'old_key', 'new_key', 'word'],
      counted: [],
      converted: [],
      log: true,
    });
  return true;
}

/** A table with the columns of another one, filled by position. */
function history(draft: Draft, side: 'old' | 'new'): boolean {
  const { pair, table } = on(draft, side) ?? {};
  if (pair === undefined || table === undefined) return false;
  const log = `history_${side}_${pair.id}`;
  draft.after.push(`CREATE TABLE ${log} AS TABLE ${table} WITH NO DATA`);
  addTrigger(draft, `keep_${side}_${pair.id}`, {
    table,
    when: draft.choice.one(['AFTER INSERT OR UPDATE', 'AFTER UPDATE']),
    body: `INSERT INTO ${named(draft, log)} SELECT NEW.*; RETURN NULL;`,
  });
  if (side === 'old') draft.others.push({ table: log, columns: ['*'], counted: [], converted: [], log: true });
  return true;
}

/** Statement triggers with transition tables, beside the row triggers of mirrors. */
function statementLog(draft: Draft): boolean {
  const { pair, table } = on(draft, 'old')!;
  if (pair.sourcePartitions !== 'none') return false;
  const log = `statements_${pair.id}`;
  draft.after.push(
    `CREATE TABLE ${log} (words text, rows bigint)`,
    `CREATE FUNCTION ${log}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ${named(draft, log)} SELECT string_agg(word, ',' ORDER BY word), count(*) FROM changed; RETURN NULL; END $$`,
    `CREATE TRIGGER ${log} AFTER UPDATE ON ${table} REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION ${log}()`,
  );
  draft.others.push({ table: log, columns: ['words', 'rows'], counted: [], converted: [], log: true });
  return true;
}

/** A constraint trigger that is asked at COMMIT. */
function atCommit(draft: Draft): boolean {
  const { pair, table } = on(draft, 'old')!;
  const name = `late_${pair.id}`;
  draft.after.push(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE ${named(draft, table)} SET n = n + 1 WHERE ${pair.key.map((each) => `${each.name} = NEW.${each.name}`).join(' AND ')} AND n < 5; RETURN NULL; END $$`,
    `CREATE CONSTRAINT TRIGGER ${name} AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${name}()`,
  );
  return true;
}

/** Rules, as many old schemas have them. */
function rules(draft: Draft, side: 'old' | 'new'): boolean {
  const { pair, table } = on(draft, side) ?? {};
  if (pair === undefined || table === undefined) return false;
  const log = `ruled_${side}_${pair.id}`;
  const key = called(side, pair.key.at(-1)!);
  const soft = side === 'new' && draft.choice.chance(0.5);
  if (soft) {
    pair.targetExtra.push('gone boolean NOT NULL DEFAULT false');
    draft.after.push(
      `CREATE RULE soft AS ON DELETE TO ${table} DO INSTEAD UPDATE ${table} SET gone = true WHERE ${pair.key.map((each) => `${called(side, each)} = OLD.${called(side, each)}`).join(' AND ')}`,
    );
    return true;
  }
  const event = draft.choice.one(['UPDATE', 'DELETE']);
  draft.after.push(
    `CREATE TABLE ${log} (key text)`,
    `CREATE RULE logged AS ON ${event} TO ${table} DO ALSO INSERT INTO ${log} VALUES (OLD.${key}::text)`,
  );
  if (side === 'old') draft.others.push({ table: log, columns: ['key'], counted: [], converted: [], log: true });
  return plainColumns(pair).length > 0;
}

export const TRIGGERS: readonly Feature[] = [
  { name: 'counter cache', weight: 4, kinds: EVERY, add: counterCache },
  { name: 'AFTER trigger deletes others of its table', weight: 2, add: oneOfEach },
  { name: 'AFTER trigger writes its row again', weight: 3, add: writesItself },
  { name: 'BEFORE trigger of the source', weight: 3, kinds: EVERY, add: (draft) => normalizes(draft, 'old') },
  { name: 'BEFORE trigger of the target', weight: 1, add: (draft) => normalizes(draft, 'new') },
  { name: 'version counter', weight: 3, kinds: EVERY, add: version },
  { name: 'audit of the source', weight: 3, kinds: EVERY, add: (draft) => audit(draft, 'old') },
  { name: 'audit of the target', weight: 1.5, add: (draft) => audit(draft, 'new') },
  { name: 'history by NEW.* of the source', weight: 2, kinds: TABLES, add: (draft) => history(draft, 'old') },
  { name: 'history by NEW.* of the target', weight: 1, add: (draft) => history(draft, 'new') },
  { name: 'statement trigger', weight: 1, kinds: EVERY, add: statementLog },
  { name: 'constraint trigger at COMMIT', weight: 1.5, add: atCommit },
  { name: 'rule of the source', weight: 1, add: (draft) => rules(draft, 'old') },
  { name: 'rule of the target', weight: 2, add: (draft) => rules(draft, 'new') },
];
