// Stores runs as a version of the program left them: makes each state of test/fixtures/stored/forms with a checkout, on a real
// server, and writes it as SQL that any later version is tested with.
//
//   node scripts/store-runs.js --program ../at-a-commit --as its-commit --server postgres://postgres@127.0.0.1:5432/postgres [form[/state] ...]
//
// The checkout must be built. Each state gets a database of its own, which is dropped again.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import pg from 'pg';
import { parse } from 'yaml';

import { dumpCatalog } from './stored-runs/dump-catalog.js';
import { dumpRows } from './stored-runs/dump-rows.js';
import { makeState } from './stored-runs/make-state.js';
import { FORGET_TEXTS, quoted, SharedTexts } from './stored-runs/shared-texts.js';

const STORED = fileURLToPath(new URL('../test/fixtures/stored/', import.meta.url));
const { values, positionals } = parseArgs({
  options: { program: { type: 'string' }, as: { type: 'string' }, server: { type: 'string' } },
  allowPositionals: true,
});
for (const name of ['program', 'as', 'server']) if (values[name] === undefined) throw new Error(`--${name} is needed`);
const server = await connected(values.server);
const [{ major, role }] = (
  await server.query(`SELECT current_setting('server_version_num')::int / 10000 AS major, session_user AS role`)
).rows;
if (role !== 'postgres') throw new Error('the user of the server is stored as the owner, and must be postgres');
const texts = new SharedTexts(withoutHost);
try {
  for (const form of readdirSync(join(STORED, 'forms'))) await storeForm(form);
} finally {
  await server.end();
}

async function storeForm(form) {
  const folder = join(STORED, 'forms', form);
  const { states } = parse(readFileSync(join(folder, 'made.yaml'), 'utf8'));
  for (const [state, { made, on = [18] }] of Object.entries(states)) {
    const isAsked = positionals.length === 0 || positionals.some((one) => one === form || one === `${form}/${state}`);
    if (!isAsked || !on.includes(major)) continue;
    const began = Date.now();
    const sql = await stored(folder, made);
    const into = join(STORED, values.as, String(major), form);
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, `${state}.sql`), sql);
    texts.write(join(STORED, values.as));
    process.stderr.write(`${form}/${state} on ${major}: ${sql.length} characters, ${Date.now() - began} ms\n`);
  }
}

async function stored(folder, made) {
  const name = `stored_${process.pid}`;
  await server.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  try {
    const url = new URL(values.server);
    url.pathname = `/${name}`;
    const client = await connected(url.href);
    try {
      await client.query(readFileSync(join(folder, 'schema.sql'), 'utf8'));
      await makeState({ client, program: values.program, url: url.href, folder, made });
      return await dumped(client);
    } finally {
      await client.end();
    }
  } finally {
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

/** A transaction for the definitions, one for each that wrote rows, and one for what stands on them. */
async function dumped(client) {
  await client.query(`SET search_path = pg_catalog; SET timezone = 'UTC'; SET datestyle = 'ISO'`);
  const { schemas, before, after } = await dumpCatalog(client);
  const { transactions, sequences } = await dumpRows(client, schemas, texts);
  const first = ['SET LOCAL check_function_bodies = off', ...shared(before)];
  const last = ['SET LOCAL search_path = pg_catalog', ...sequences, ...shared(after), ...FORGET_TEXTS];
  const blocks = [first, ...transactions, last].map((statements) => statements.map((one) => `${one};\n`).join(''));
  return withoutHost(blocks.map((block) => `BEGIN;\n${block}COMMIT;\n`).join('\n'));
}

/** What belongs to the journal, whatever the run, is one text; what else is long is one for itself. */
function shared(statements) {
  const isJournal = (one) => / (ON |ALTER TABLE )?lockstep\b/.test(one) && !/FUNCTION|TRIGGER/.test(one);
  const journal = statements.filter(isJournal);
  const call = (what, text) => `SELECT pg_temp.stored(${quoted(texts.share(what, text))})`;
  const own = statements
    .filter((one) => !isJournal(one))
    .map((one) => (one.length < 300 ? one : call(/^[^(]*/.exec(one)[0].trim().split(/\s/).slice(0, 6).join(' '), one)));
  return journal.length === 0 ? own : [call('the journal', journal.map((one) => `${one};`).join('\n')), ...own];
}

/** The journal keeps where an executor ran. */
function withoutHost(text) {
  return text.replaceAll(`${hostname()} pid `, 'elsewhere pid ');
}

async function connected(connectionString) {
  const client = new pg.Client({ connectionString, application_name: 'app' });
  await client.connect();
  return client;
}
