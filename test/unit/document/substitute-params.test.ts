import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { collectSlots } from '../../../src/document/collect-slots.js';
import type { ParamInputs } from '../../../src/document/params.js';
import { readYaml } from '../../../src/document/read-yaml.js';
import { validateSchema } from '../../../src/document/schema-validation.js';
import { checkSqlSlots } from '../../../src/document/sql-slots.js';
import type { Substitution } from '../../../src/document/substitute-params.js';
import { substituteParams } from '../../../src/document/substitute-params.js';
import type { JsonSchema } from '../../../src/kernel/json-schema.js';
import { integer, map, object, sql, text } from '../../../src/kernel/json-schema.js';
import type { Grammar } from '../../../src/sql/grammar.js';
import { isSyntaxError, loadGrammar } from '../../../src/sql/grammar.js';
import { walkTree } from '../../../src/sql/tree-walk.js';

let grammar: Grammar;
beforeAll(async () => {
  grammar = await loadGrammar();
});

const SCHEMA: JsonSchema = object('Texts and SQL.', {
  params: { type: 'object' },
  hold: text('a duration'),
  rows: integer('how many', 1),
  note: text('anything'),
  where: sql('condition', 'c'),
  query: sql('query', 'q'),
  run: sql('statements', 's'),
  set: map(sql('expression', 'e'), 'columns'),
});

const PARAMS = `params:
  s: { type: string, default: it's }
  n: { type: integer, default: 5 }
  minus: { type: integer, default: -5 }
  b: { type: boolean, default: true }
  d: { type: duration, default: 24h }
`;

function substitute(yaml: string, inputs: Partial<ParamInputs> = {}): Substitution {
  const outcome = readYaml('plan.yaml', yaml);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return substituteParams(outcome.value, SCHEMA, { set: {}, env: {}, ...inputs }, grammar);
}

const member = (found: Substitution, key: string): unknown => (found.document.value as Record<string, unknown>)[key];

const said = (yaml: string, inputs: Partial<ParamInputs> = {}): readonly string[] =>
  substitute(yaml, inputs).diagnostics.map(({ code, span }) => {
    return span === undefined ? code : `${code} ${yaml.slice(span.start.offset, span.end.offset)}`;
  });

describe('substituteParams: values', () => {
  it('takes --set, then the environment, then the default', () => {
    const yaml = 'params:\n  p: { type: string, env: P, default: c }\n';
    expect(substitute(yaml, { set: { p: 'a' }, env: { P: 'b' } }).values).toEqual({ p: 'a' });
    expect(substitute(yaml, { env: { P: 'b' } }).values).toEqual({ p: 'b' });
    expect(substitute(yaml).values).toEqual({ p: 'c' });
  });

  it('reads each as its type', () => {
    const yaml = PARAMS.replaceAll(/, default: [^}]*/g, '');
    const set = { s: '007', n: '-12', minus: '0', b: 'false', d: '1h30m' };
    expect(substitute(yaml, { set }).values).toEqual({ s: '007', n: -12, minus: 0, b: false, d: '1h30m' });
  });

  it.each([
    ['integer', '1e3'],
    ['integer', '9007199254740993'],
    ['integer', '-0'],
    ['integer', ''],
    ['boolean', 'yes'],
    ['duration', '5 s'],
    ['string', 'a\0b'],
  ])('refuses a %s %j', (type, value) => {
    expect(said(`params:\n  p: { type: ${type} }\n`, { set: { p: value } })).toEqual(['LS1304 p']);
  });

  it('refuses a default of another type, at the default', () => {
    expect(said('params:\n  p: { type: integer, default: "5" }\n  q: { type: duration, default: 5 }\n')).toEqual([
      ...['LS1304 "5"', 'LS1304 5'],
    ]);
  });

  it('refuses what has no value, and settings that name no parameter', () => {
    expect(said('params:\n  soak: { type: duration }\n', { set: { sok: '1h' } })).toEqual(['LS1303 soak', 'LS1305']);
    expect(substitute(PARAMS, { set: { mnus: '1' } }).diagnostics[0]!.detail).toContain('did you mean `minus`?');
  });
});

describe('substituteParams: whole values', () => {
  it('puts in the typed value, and leaves the declarations alone', () => {
    const found = substitute(`${PARAMS}hold: "{{ d }}"\nrows: '{{n}}'\nnote: "{{ s }}"\n`);
    expect([member(found, 'hold'), member(found, 'rows'), member(found, 'note')]).toEqual(['24h', 5, "it's"]);
    expect(found.diagnostics).toEqual([]);
    expect(validateSchema(found.document, SCHEMA)).toEqual([]);
  });

  it('lets the schema object to the type, at the reference', () => {
    const found = substitute(`${PARAMS}rows: "{{ s }}"\n`);
    expect(validateSchema(found.document, SCHEMA)).toMatchObject([
      { code: 'LS1102', span: { start: { line: 7, column: 7 } } },
    ]);
  });

  it('refuses a part of a text, and a key', () => {
    expect(said(`${PARAMS}note: "in {{ s }} and {{ n }}"\n`)).toEqual(['LS1306 {{ s }}']);
    expect(said(`${PARAMS}"{{ s }}": x\n`)).toEqual(['LS1306 "{{ s }}"']);
  });

  it('refuses what is not declared, with what was meant', () => {
    const found = substitute(`${PARAMS}hold: "{{ mins }}"\n`);
    expect(found.diagnostics).toMatchObject([
      { code: 'LS1302', detail: 'the plan declares no parameter `mins`; did you mean `minus`?' },
    ]);
  });

  it('says nothing more about a place whose value is not known', () => {
    const found = substitute('params:\n  p: { type: integer }\nrows: "{{ p }}"\nwhere: "a = {{ p }}"\n');
    expect(found.diagnostics.map(({ code }) => code)).toEqual(['LS1303']);
    expect(validateSchema(found.document, SCHEMA)).toEqual([]);
    expect(checkSqlSlots(found.document, collectSlots(SCHEMA, found.document.value), grammar)).toEqual([]);
  });
});

describe('substituteParams: in SQL', () => {
  const inWhere = (where: string, inputs: Partial<ParamInputs> = {}): unknown => {
    const found = substitute(`${PARAMS}where: |-\n  ${where}\n`, inputs);
    expect(found.diagnostics).toEqual([]);
    expect(checkSqlSlots(found.document, collectSlots(SCHEMA, found.document.value), grammar)).toEqual([]);
    return member(found, 'where');
  };

  it('puts in one literal of each type', () => {
    expect(inWhere('a = {{ s }}')).toBe("a =  'it''s'");
    expect(inWhere('a -{{ n }} > -{{ minus }}')).toBe('a -5 > -(-5)');
    expect(inWhere('{{ b }} AND a < now() - {{d}}::interval')).toBe("(true) AND a < now() -  '24h'::interval");
    expect(inWhere('a = {{ s }}', { set: { s: 'back\\slash' } })).toBe("a =  E'back\\\\slash'");
    expect(inWhere('{{ b }}')).toBe('(true)');
  });

  it.each([
    ['a string', "a = 'x {{ s }} y'"],
    ['a string, whose quote the value would close', "a = '{{ s }}'"],
    ['a quoted name', 'a."{{ s }}" = 1'],
    ['a comment', 'a -- {{ s }}'],
    ['a block comment', 'a /* {{ s }} */'],
    ['a word', 'abc{{ n }} = 1'],
    ['the prefix of an escape string', 'a = E{{ s }}'],
    ['between two strings', "a = 'b'{{ s }}'c'"],
    ['a dollar quote', 'a = $x$ {{ s }} $x$'],
    ['a fraction', 'a = 1.{{ n }}'],
    ['behind a string on the line before', "a = 'b'\n  {{ s }}"],
    ['the stand-in itself in the text', "a = 'lockstep parameter 7610493 0' -- {{ s }}"],
  ])('refuses a reference inside %s', (_, where) => {
    const yaml = `${PARAMS}where: |-\n  ${where}\n`;
    expect(said(yaml)).toEqual([expect.stringMatching(/^LS1307 \{\{ [sn] \}\}$/)]);
  });

  it('refuses a reference where a name belongs, or in a function body', () => {
    expect(said(`${PARAMS}run: "DROP TABLE {{ s }}"\n`)).toEqual(['LS1307 {{ s }}']);
    expect(said(`${PARAMS}run: "DO $$ BEGIN PERFORM {{ n }}; END $$"\n`)).toEqual(['LS1307 {{ n }}']);
  });

  it('keeps pointing at what the author wrote, around what was put in', () => {
    const yaml = `${PARAMS}where: |-\n  a = {{ s }} AND b = {{ d }} AND c = = d\nset:\n  x: "'{{' || {{ s }} || y z w"\n`;
    const found = substitute(yaml);
    expect(found.diagnostics).toEqual([]);
    const marked = checkSqlSlots(found.document, collectSlots(SCHEMA, found.document.value), grammar).map(
      ({ span }) => {
        return `${span!.start.line}:${span!.start.column} ${yaml.slice(span!.start.offset, span!.end.offset)}`;
      },
    );
    expect(marked).toEqual(['8:39 =', '10:30 w']);
    const where = member(found, 'where') as string;
    const inside = found.document.spanWithin(['where'], where.indexOf("'it"), where.indexOf("'it") + 2);
    expect(yaml.slice(inside.start.offset, inside.end.offset)).toBe('{{ s }}');
  });

  it('no value becomes anything but one constant', () => {
    const nasty = fc
      .array(fc.constantFrom("'", "''", '\\', '--', '/*', '*/', '"', ';', '\n', '$$', ' OR ', 'é', '😀', 'x', 'E', ')'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        nasty,
        fc.constantFrom('a = {{ s }}', 'f({{ s }}, b)', '{{ s }} || c', 'date {{ s }}'),
        (value, where) => {
          const found = substitute(`${PARAMS}where: |-\n  ${where}\n`, { set: { s: value } });
          expect(found.diagnostics).toEqual([]);
          const statements = grammar.statements(`SELECT ${member(found, 'where') as string}`);
          if (isSyntaxError(statements)) throw new Error(statements.message);
          expect(statements).toHaveLength(1);
          const constants: unknown[] = [];
          walkTree(statements[0]!.node, (kind, fields) => {
            if (kind === 'A_Const') constants.push((fields.sval as { sval?: string } | undefined)?.sval ?? '');
          });
          expect(constants).toEqual([value]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
