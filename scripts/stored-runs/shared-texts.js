// What stored runs have in common: graphs, definitions, the journal's tables, functions of mirrors. Each text stands once in
// `texts.sql`, which is loaded before a state, in the same session; a state names it, by what it is and a digest. Long
// documents are put together from parts, since graphs of two servers, and a way there and a way back, say much the same.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HEAD = `-- Texts that states share: loaded before one, in the same session.
CREATE TEMPORARY TABLE stored_part (part text PRIMARY KEY, text text NOT NULL);
CREATE TEMPORARY TABLE stored_text (name text PRIMARY KEY, text text NOT NULL);
CREATE FUNCTION pg_temp.stored(wanted text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE (SELECT t.text FROM stored_text AS t WHERE t.name = wanted); END';`;
const FOOT = 'DROP TABLE stored_part;';

/** For the end of each state: a session is as it was. */
export const FORGET_TEXTS = ['DROP FUNCTION pg_temp.stored(text)', 'DROP TABLE stored_text'];

const LONG = 2_000;
const LINE = /^INSERT INTO stored_(?:text|part) (?:VALUES \(|SELECT )'([^']+)', /;
const NAMED = /(?:WHERE name = |pg_temp\.stored\()'([^']+)'/g;
const PARTS = /^INSERT INTO stored_text SELECT .* FROM unnest\('\{(.*)\}'::text\[\]\)/;

/** `change` is made to each text before it is kept. */
export class SharedTexts {
  /** Of texts by their name, of parts by their digest. */
  #lines = new Map();
  #change;

  constructor(change) {
    this.#change = change;
  }

  /** Its name. */
  share(what, text) {
    const changed = this.#change(text);
    const name = `${what.replaceAll(/['"\\\n]/g, '')} ${digest(changed)}`;
    this.#lines.set(
      name,
      changed.length < LONG
        ? `INSERT INTO stored_text VALUES ('${name}', ${quoted(changed)});`
        : this.#inParts(name, changed),
    );
    return name;
  }

  #inParts(name, text) {
    const parts = text.split(/(?<=\},)/).map((part) => {
      const key = digest(part);
      this.#lines.set(key, `INSERT INTO stored_part VALUES ('${key}', ${quoted(part)});`);
      return key;
    });
    return `INSERT INTO stored_text SELECT '${name}', string_agg(p.text, '' ORDER BY n) FROM unnest('{${parts.join(',')}}'::text[]) WITH ORDINALITY AS u (part, n) JOIN stored_part AS p USING (part);`;
  }

  /** Those that a state in a folder below `folder` names, also what was made earlier. */
  write(folder) {
    const path = join(folder, 'texts.sql');
    for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
      const name = LINE.exec(line)?.[1];
      if (name !== undefined && !this.#lines.has(name)) this.#lines.set(name, line);
    }
    const texts = new Set();
    const states = readdirSync(folder, { recursive: true }).filter(
      (file) => file.endsWith('.sql') && file !== 'texts.sql',
    );
    for (const file of states) {
      for (const [, name] of readFileSync(join(folder, file), 'utf8').matchAll(NAMED)) texts.add(name);
    }
    const lost = [...texts].filter((name) => !this.#lines.has(name));
    if (lost.length > 0) throw new Error(`no text of ${lost.join(', ')}: make all states anew`);
    const parts = new Set([...texts].flatMap((name) => PARTS.exec(this.#lines.get(name))?.[1].split(',') ?? []));
    const lines = [...[...parts].sort(), ...[...texts].sort()].map((name) => this.#lines.get(name));
    writeFileSync(path, `${[HEAD, ...lines, FOOT].join('\n')}\n`);
  }
}

function digest(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** On one line, whatever it is. */
export function quoted(text) {
  const doubled = text.replaceAll("'", "''");
  if (!/[\\\n]/.test(text)) return `'${doubled}'`;
  return `E'${doubled.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}'`;
}
