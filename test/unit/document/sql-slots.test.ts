import { beforeAll, describe, expect, it } from 'vitest';
import { collectSlots } from '../../../src/document/collect-slots.js';
import { checkNameSlots } from '../../../src/document/name-slots.js';
import { readYaml } from '../../../src/document/read-yaml.js';
import type { SourceDocument } from '../../../src/document/source-document.js';
import { checkSqlSlots } from '../../../src/document/sql-slots.js';
import type { Diagnostic } from '../../../src/kernel/diagnostic.js';
import type { JsonSchema } from '../../../src/kernel/json-schema.js';
import { map, name, object, sql } from '../../../src/kernel/json-schema.js';
import type { Grammar } from '../../../src/sql/grammar.js';
import { loadGrammar } from '../../../src/sql/grammar.js';

let grammar: Grammar;
beforeAll(async () => {
  grammar = await loadGrammar();
});

const SCHEMA: JsonSchema = object('SQL of every kind.', {
  expression: sql('expression', 'e'),
  condition: sql('condition', 'c'),
  query: sql('query', 'q'),
  statement: sql('statement', 's'),
  statements: sql('statements', 'ss'),
  columns: map(sql('expression', 'e'), 'c'),
  table: name('relation', 't'),
  column: name('table.column', 'c'),
  func: name('function', 'f'),
});

function read(yaml: string): SourceDocument {
  const outcome = readYaml('plan.yaml', yaml);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.value;
}

function check(yaml: string): readonly Diagnostic[] {
  const document = read(yaml);
  return checkSqlSlots(document, collectSlots(SCHEMA, document.value), grammar);
}

const said = (yaml: string): readonly string[] =>
  check(yaml).map(({ code, span }) => {
    return `${code} ${span!.start.line}:${span!.start.column} ${yaml.slice(span!.start.offset, span!.end.offset)}`;
  });

describe('checkSqlSlots', () => {
  it('accepts what each slot asks for', () => {
    const yaml = [
      ...['expression: lower(email)', "condition: a = '#1' AND b", 'query: SELECT 1', 'statement: UPDATE t SET a = 1'],
      ...['statements: |', '  UPDATE t SET a = 1;', '  -- a comment', '  DELETE FROM t;', ''],
    ];
    expect(check(yaml.join('\n'))).toEqual([]);
  });

  it.each([
    ['plain', 'condition: a = = b\n', 'LS1201 1:16 ='],
    ['single-quoted', "condition: 'a = ''x'' = = b'\n", 'LS1201 1:23 ='],
    ['double-quoted', 'condition: "a\\tIS \\"NULL\\""\n', 'LS1201 1:19 \\"NULL\\"'],
    ['literal', 'query: |\n  SELECT a\n  FROM t\n  WHERE ORDER BY 1\n', 'LS1201 4:9 ORDER'],
    ['literal, after wide characters', "query: |\n  SELECT '😀é' FRM t x\n", 'LS1201 2:19 t'],
    ['at the end', 'expression: a +\n', 'LS1201 1:15 +'],
    ['a flow map', 'columns: { a: "b c", d: "e) + (f" }\n', 'LS1201 1:27 )'],
    ['of the wrong kind', 'query: "DELETE FROM t"\n', 'LS1201 1:9 DELETE'],
    ['a second statement', 'statement: "UPDATE t SET a = 1; DELETE FROM t"\n', 'LS1201 1:33 DELETE'],
  ])('points at the token inside the text: %s', (_, yaml, expected) => {
    expect(said(yaml)).toContain(expected);
  });

  it('says what the grammar said, with a remedy, and collects', () => {
    const found = check('expression: a b c\ncondition: (\n');
    expect(found).toMatchObject([{ code: 'LS1201' }, { code: 'LS1201' }]);
    expect(found[0]!.detail).toContain('syntax error');
    expect(found[0]!.help).toContain('one SQL expression');
  });

  describe('a comment behind unquoted SQL', () => {
    it.each([
      ['an operator taken for a comment', "expression: data #>> '{a,b}'\n", ["LS1202 1:18 #>> '{a,b}'"]],
      ['a word that could be an operand', 'expression: flags # mask\n', ['LS1202 1:19 # mask']],
      ['what is not SQL without the rest', 'expression: f(a # b)\n', ['LS1202 1:17 # b)']],
      ['a remark is welcome', 'condition: password_hash IS NOT NULL    # which source rows take part\n', []],
      ['in quotes nothing is cut', 'expression: "flags # mask"\n', []],
      ['under | nothing is cut', 'expression: |\n  flags # mask\n', []],
    ])('%s', (_, yaml, expected) => {
      expect(said(yaml)).toEqual(expected);
    });
  });

  describe('lines that YAML would join', () => {
    it.each([
      ['plain', 'condition: a = 1\n  AND b\n', ['LS1203 1:12 a = 1']],
      ['folded', 'query: >\n  SELECT 1\n  FROM t\n', ['LS1203 1:8 >']],
      ['quoted', 'query: "SELECT 1\n  FROM t"\n', ['LS1203 1:8 "SELECT 1']],
      ['one folded line is what it seems', 'query: >-\n  SELECT 1\n', []],
    ])('%s', (_, yaml, expected) => {
      expect(said(yaml)).toEqual(expected);
    });
  });
});

describe('checkNameSlots', () => {
  const names = (yaml: string): readonly Diagnostic[] => {
    const document = read(yaml);
    return checkNameSlots(document, collectSlots(SCHEMA, document.value));
  };

  it('accepts names as SQL writes them, never folded', () => {
    expect(names('table: auth.Users\ncolumn: users.id\nfunc: total(numeric(10, 2), a.b)\n')).toEqual([]);
    expect(names(`table: '"odd.name"'\ncolumn: bazaar-vid_exports.id\n`)).toEqual([]);
  });

  it.each([
    ['too many parts', 'table: a.b.c', '`a.b.c` has 3 parts; a name here has 1 or 2'],
    ['too few parts', 'column: id', '`id` has 1 part; a name here has 2 or 3'],
    ['an empty part', 'table: a.', '`a.`: a part of the name is empty'],
    [
      '64 bytes',
      `table: ${'é'.repeat(32)}`,
      `\`${'é'.repeat(32)}\`: a part of the name is 64 bytes long; PostgreSQL keeps 63`,
    ],
  ])('%s', (_, yaml, detail) => {
    expect(names(yaml)).toMatchObject([{ code: 'LS1205', detail, span: { start: { line: 1 } } }]);
  });
});
