// Writes what is generated from the code: schemas/plan.schema.json, the tables of docs/checks.md, the generated parts of
// docs/steps/<kind>.md, docs/diagnostics.md. `npm run generate` makes modules of src for itself, since dist is bundled; CI runs it
// and refuses a difference. Pages keep what people wrote outside the markers; a page that is missing is an error, since only a person
// can say what problem a step kind solves.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const modules = `dist-modules-${process.pid}`;
process.on('exit', () => rmSync(join(root, modules), { recursive: true, force: true }));
const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck', '--outDir', modules];
const { status } = spawnSync(process.execPath, compiler, { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
const load = (path) => import(new URL(`../${modules}/${path}`, import.meta.url));

const { planSchema } = await load('document/plan-schema.js');
const { STEP_KINDS } = await load('steps/registry.js');
const { CHECKS } = await load('checks/registry.js');

write('schemas/plan.schema.json', `${JSON.stringify(planSchema(), null, 2)}\n`);
for (const kind of STEP_KINDS) replaceMarked(`docs/steps/${kind.kind}.md`, stepPart(kind));
replaceMarked('docs/steps/ddl.md', await statementsPart(), 'statements');
replaceMarked('docs/checks.md', checksPart());
write('docs/diagnostics.md', diagnosticsPage(await allCodes()));

function stepPart({ summary, example, schema }) {
  return [summary, '', '```yaml', example, '```', '', ...fieldsOf(schema)].join('\n');
}

/** Compiled from the samples of the kind, as a plan would be. */
async function statementsPart() {
  const { sampleRows } = await load('steps/ddl/sample-table.js');
  const { loadGrammar } = await load('sql/grammar.js');
  const rows = sampleRows(await loadGrammar());
  const lines = [];
  for (const about of [...new Set(rows.map((row) => row.about))]) {
    lines.push(`### ${about[0].toUpperCase()}${about.slice(1)}`, '');
    lines.push('| statement | runs as | is taken back by |', '|---|---|---|');
    for (const row of rows.filter((one) => one.about === about)) lines.push(`| ${statementCells(row).join(' | ')} |`);
    lines.push('');
  }
  return lines.join('\n').trimEnd();
}

function statementCells({ sql, hazards, variants }) {
  const consent = hazards.length === 0 ? '' : `<br>needs consent: ${hazards.map((name) => `\`${name}\``).join(', ')}`;
  const told = (part) =>
    variants
      .map((variant) =>
        [...(variant.servers === '' ? [] : [`server ${variant.servers}:`]), ...variant[part]].join('<br>'),
      )
      .join('<br>');
  return [`\`${sql}\`${consent}`, told('runs'), told('back')].map(cell);
}

function checksPart() {
  const rows = CHECKS.map(
    ({ name, holds, example }) => `| \`${name}\` | ${cell(holds)} | ${code(example.replace(/^- /, ''))} |`,
  );
  return ['| check | holds when | example |', '|---|---|---|', ...rows].join('\n');
}

/** One line per field; the shapes of a value that may be of several are told in its description. */
function fieldsOf(schema) {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return [`Value: ${typeOf(schema)}. ${sentence(schema.description ?? '')}`];
  const required = new Set(schema.required ?? []);
  const rows = properties.map(
    ([name, field]) =>
      `| \`${name}\`${required.has(name) ? ' (required)' : ''} | ${cell(typeOf(field))} | ${cell(phrase(field.description ?? ''))} |`,
  );
  return ['| field | value | meaning |', '|---|---|---|', ...rows];
}

function typeOf(schema) {
  if (schema.$ref !== undefined) return schema.$ref.replace('#/definitions/', '');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf !== undefined && schema.type === undefined) return schema.anyOf.map(typeOf).join(', or ');
  if (schema['x-lockstep-sql'] !== undefined) return `SQL: ${schema['x-lockstep-sql']}`;
  if (schema['x-lockstep-ref'] !== undefined) return `id of a ${schema['x-lockstep-ref']}`;
  if (schema['x-lockstep-name'] !== undefined) return `name: ${schema['x-lockstep-name']}`;
  if (schema.type === 'array') return listOf(schema.items);
  if (schema.type === 'object') {
    if (typeof schema.additionalProperties === 'object') return `map to ${typeOf(schema.additionalProperties)}`;
    return `map of ${Object.keys(schema.properties ?? {})
      .map((key) => `\`${key}\``)
      .join(', ')}`;
  }
  return [schema.type].flat().join(' or ').replace('string', 'text');
}

function listOf(items) {
  if (items['x-lockstep-ref'] !== undefined) return `list of ${items['x-lockstep-ref']} ids`;
  if (items['x-lockstep-name'] !== undefined) return `list of ${items['x-lockstep-name']} names`;
  return `list of ${typeOf(items)}${items.$ref === undefined ? '' : 's'}`;
}

/** Every table of codes, by the folder that reports them, which come by their first code; a table that only joins others is passed over. */
async function allCodes() {
  const tables = [];
  const files = readdirSync(join(root, modules), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /(^|[/-])codes(-[a-z]+)?\.js$/.test(path))
    .sort();
  for (const path of files) {
    for (const [name, table] of Object.entries(await load(path))) {
      if (!name.endsWith('_CODES')) continue;
      for (const [code, entry] of Object.entries(table))
        tables.push({ code, entry, folder: `src/${path.replace(/\/[^/]+$/, '')}` });
    }
  }
  const byCode = [...new Map(tables.map((one) => [one.code, one])).values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  const folders = [...new Set(byCode.map(({ folder }) => folder))];
  return folders.flatMap((folder) => byCode.filter((one) => one.folder === folder));
}

function diagnosticsPage(codes) {
  const lines = [
    '# Diagnostics',
    '',
    'Generated from the tables of codes in `src`. `lockstep explain CODE` prints the same.',
    'A code is stable: it keeps its meaning, and is never used for another.',
  ];
  let folder = '';
  for (const { code, entry, folder: of } of codes) {
    if (of !== folder) lines.push('', `## ${of}`);
    folder = of;
    lines.push('', `### ${code}: ${entry.summary}`, '', entry.explanation);
  }
  return `${lines.join('\n')}\n`;
}

function replaceMarked(path, content, mark = 'generated') {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const page = readFileSync(join(root, path), 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${path} has no ${begin} … ${end}`);
  write(path, `${page.slice(0, from)}${begin}\n\n${content}\n\n${page.slice(to)}`);
}

function write(path, content) {
  writeFileSync(join(root, path), content);
}

/** As the other cells: no capital of a sentence, no full stop. */
function phrase(text) {
  const bare = text.replace(/\.$/, '');
  return /^[A-Z][a-z]/.test(bare) ? bare[0].toLowerCase() + bare.slice(1) : bare;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}

function code(text) {
  return `\`${cell(text)}\``;
}

function sentence(text) {
  return text === '' || text.endsWith('.') ? text : `${text}.`;
}
