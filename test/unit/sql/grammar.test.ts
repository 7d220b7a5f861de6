import { describe, expect, it } from 'vitest';
import { isSyntaxError, loadGrammar, type ParsedStatement } from '../../../src/sql/grammar.js';

const grammar = await loadGrammar();

function read(sql: string): readonly ParsedStatement[] {
  const parsed = grammar.statements(sql);
  if (isSyntaxError(parsed)) throw new Error(parsed.message);
  return parsed;
}

describe('statements', () => {
  it.each(['', '  \n', '-- nothing', '/* nothing */ ;;'])('finds none in %j', (sql) => {
    expect(read(sql)).toEqual([]);
  });

  it('cuts each statement from its first word to its last, in UTF-16 code units', () => {
    const sql = "/* é */ select '😀' as ü /* in */, 2 -- z\n ;; -- y\n /* ä */ select 3 /* 😀 */  ";
    const [first, second, ...rest] = read(sql);
    expect(rest).toEqual([]);
    expect(first!.text).toBe("select '😀' as ü /* in */, 2");
    expect(second!.text).toBe('select 3');
    for (const statement of [first!, second!]) expect(sql.slice(statement.start, statement.end)).toBe(statement.text);
  });

  it.each(Array.from({ length: 0x1f }, (_, index) => String.fromCharCode(index + 1)))(
    'reads a name and a literal with the control character %j',
    (control) => {
      const sql = `SELECT '${control}' AS "--${control}" FROM t -- ü`;
      const [statement] = read(sql);
      expect(statement!.text).toBe(`SELECT '${control}' AS "--${control}" FROM t`);
      expect(statement!.tokens().map(({ text }) => text)).toEqual([
        'SELECT',
        `'${control}'`,
        'AS',
        `"--${control}"`,
        'FROM',
        't',
      ]);
    },
  );

  it('keeps what only looks like a comment', () => {
    expect(read("select '-- no comment'; select '/*' -- one")[0]!.text).toBe("select '-- no comment'");
    expect(read("select '-- no comment'; select '/*' -- one")[1]!.text).toBe("select '/*'");
  });

  it('turns byte locations of the tree into UTF-16 offsets of the text', () => {
    const sql = "select 'ü😀'; select 'ä', missing";
    const [, second] = read(sql);
    const location = /"ColumnRef":.*?"location":(\d+)/.exec(JSON.stringify(second!.node));
    expect(second!.utf16Offset(Number(location![1]))).toBe(sql.indexOf('missing'));
  });

  it.each([
    ['select 1 1', 9],
    ["select 'äö😀' 'x'", 14],
    ["select 'ä😀'; selct 2", 14],
    ['select (1', 9],
    ['select 1\0; drop table t', 8],
    ['select 1, \ud83d', 10],
  ])('says where %j stops being SQL', (sql, offset) => {
    expect(grammar.statements(sql)).toMatchObject({ offset });
  });

  it('answers to text that is nested too deeply, and goes on working', () => {
    expect(grammar.statements(`select 1${' + 1'.repeat(100_000)}`)).toHaveProperty('message');
    expect(grammar.statements(`select ${'('.repeat(50_000)}1`)).toHaveProperty('message');
    expect(read('select 1')).toHaveLength(1);
  });
});
