import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../src/document/read-yaml.js';
import type { SourceDocument } from '../../../src/document/source-document.js';
import { YAML_CODES } from '../../../src/document/codes-yaml.js';

function read(text: string): SourceDocument {
  const outcome = readYaml('plan.yaml', text);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.value;
}

/** Each problem as `code line:column the marked text`. */
function refusals(text: string): readonly string[] {
  const outcome = readYaml('plan.yaml', text);
  expect(outcome.ok).toBe(false);
  return outcome.diagnostics.map(({ code, span }) => {
    return `${code} ${span!.start.line}:${span!.start.column} ${text.slice(span!.start.offset, span!.end.offset)}`;
  });
}

describe('readYaml: what it reads', () => {
  it('reads text, numbers, booleans and nothing as YAML 1.2 core does', () => {
    const { value } = read(
      'a: yes\nb: 2024-01-01\nc: 12\nd: -1.5\ne: true\nf: ~\ng: null\nh: 01:00\ni: "12"\nj: on\nk:\nl: 1.2.3\nn: 0\n',
    );
    expect({ ...(value as object) }).toEqual({
      ...{ a: 'yes', b: '2024-01-01', c: 12, d: -1.5, e: true, f: null, g: null, h: '01:00', i: '12', j: 'on' },
      ...{ k: null, l: '1.2.3', n: 0 },
    });
  });

  it('inherits no key, whatever keys are called', () => {
    const { value } = read('__proto__: 1\nconstructor: 2\n');
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBeNull();
  });

  it('skips a byte order mark and takes CR LF', () => {
    const document = read('\uFEFFname: x\r\nsteps: [1]\r\n');
    expect(document.value).toEqual({ name: 'x', steps: [1] });
    expect(document.spanOf(['steps'], 'key').start).toMatchObject({ line: 2, column: 1 });
  });

  it('takes one document with its marks', () => {
    expect(read('---\na: 1\n...\n').value).toEqual({ a: 1 });
  });
});

describe('readYaml: positions', () => {
  const text = 'name: x\nsteps:\n  - id: fill\n    where: |\n      a = 1\n  - {id: "b", empty: }\n';
  const document = read(text);
  const at = (path: readonly (string | number)[], part?: 'key' | 'value'): string => {
    const { start, end } = document.spanOf(path, part);
    return text.slice(start.offset, end.offset);
  };

  it('finds keys and values', () => {
    expect(at(['name'])).toBe('x');
    expect(at(['name'], 'key')).toBe('name');
    expect(at(['steps', 0, 'id'])).toBe('fill');
    expect(at(['steps', 1, 'id'])).toBe('"b"');
    expect(at(['steps', 1])).toBe('{id: "b", empty: }');
    expect(at(['steps', 0])).toBe('id: fill\n    where: |\n      a = 1');
  });

  it('falls back to the nearest place that exists, and to the key of an empty value', () => {
    expect(at(['steps', 1, 'empty'])).toBe('empty');
    expect(at(['steps', 1, 'nowhere', 'at all'])).toBe('{id: "b", empty: }');
    expect(at(['steps', 7], 'key')).toBe(at(['steps']));
  });

  it('says how a scalar was written', () => {
    expect(document.scalarAt(['steps', 0, 'where'])).toMatchObject({ style: 'literal', value: 'a = 1\n' });
    expect(document.scalarAt(['steps'])).toBeUndefined();
  });
});

describe('readYaml: what it refuses', () => {
  it.each([
    ['an alias and an anchor', 'a: &x 1\nb: *x\n', ['LS1003 1:4 &x', 'LS1002 2:4 *x']],
    ['an alias as a key', 'a: 1\n*x : 2\n', ['LS1002 2:1 *x', 'LS1012 2:1 *x']],
    ['a merge key', 'a: 1\n<<: { b: 2 }\n', ['LS1004 2:1 <<']],
    ['tags', 'a: !!str 1\nb: !env X\n', ['LS1005 1:4 !!str', 'LS1005 2:4 !env']],
    ['a duplicate key', 'where: a\nb: 1\n"where": c\n', ['LS1006 3:1 "where"']],
    ['two documents', 'a: 1\n---\nb: 2\n', ['LS1009 2:1 ---']],
    ['no document', '', ['LS1010 1:1 ']],
    ['only comments', '# nothing\n\n', ['LS1010 1:1 ']],
    ['a directive', '%YAML 1.1\n---\na: no\n', ['LS1014 1:1 %YAML 1.1']],
    [
      'keys that are not text',
      '1: a\ntrue: b\n: c\n[x]: d\n"1": fine\n',
      ['LS1012 1:1 1', 'LS1012 2:1 true', 'LS1012 3:1 ', 'LS1012 4:1 [x]'],
    ],
    ['a control character', 'a: b\u0007c\n', ['LS1013 1:5 \u0007']],
    ['a control character from an escape', 'a: "x\\0"\n', ['LS1013 1:4 "x\\0"']],
    ['a lone carriage return', 'a: 1\rb: 2\n', ['LS1013 1:5 \r']],
    ['a template outside quotes', 'hold: {{ soak }}\n', ['LS1301 1:7 {{ soak }}']],
    ['a template outside quotes in a longer text', '- { a: id > {{ min }} }\n', ['LS1301 1:13 {{ min }}']],
    ['a tab in the indentation', 'a:\n\tb: 1\n', ['LS1001 2:1 \t']],
  ])('%s', (_, text, expected) => {
    expect(refusals(text)).toEqual(expected);
  });

  it.each([
    '0x10',
    '1e3',
    '010',
    '1_000',
    '.5',
    '5.',
    '+5',
    '-0',
    '1.50',
    '1.0',
    '0o17',
    '0b1',
    '.inf',
    '-.INF',
    '.nan',
  ])('the number %s', (number) => {
    expect(refusals(`a: ${number}\n`)).toEqual([`LS1011 1:4 ${number}`]);
    expect(read(`a: "${number}"\n`).value).toEqual({ a: number });
  });

  it('integers beyond 2^53, and floats that do not print back', () => {
    expect(refusals('a: [9007199254740992, -9007199254740993, 0.1000000000000000055]\n')).toHaveLength(3);
    expect(read('a: [9007199254740991, 0.1]\n').value).toEqual({ a: [9007199254740991, 0.1] });
  });

  it.each([
    ['in a flow map', 'c: { a: coalesce(b, c) }\n', ['LS1204 1:9 coalesce(b, c)']],
    ['nested, with numbers', 'c: { a: f(g(b, 0), h(1, d)), e: x }\n', ['LS1204 1:9 f(g(b, 0), h(1, d))']],
    ['twice, with the same end', 'c: { a: f(b, c), d: g(b, c) }\n', ['LS1204 1:9 f(b, c)', 'LS1204 1:21 g(b, c)']],
    ['in a flow list', 'c: [a, f(b, c), d]\n', ['LS1204 1:8 f(b, c)']],
  ])('a text that a comma split: %s', (_, text, expected) => {
    expect(refusals(text)).toEqual(expected);
  });

  it('lets parentheses be where no comma split them', () => {
    expect(read(`c: { a: "f(b, c)", d: f(b), e: ":-(", g: }\nh: [":(", i]\nj: f(b, c)\n`).value).toEqual({
      ...{ c: { a: 'f(b, c)', d: 'f(b)', e: ':-(', g: null }, h: [':(', 'i'], j: 'f(b, c)' },
    });
  });

  it('shows where a duplicate key was first defined', () => {
    const [diagnostic] = readYaml('plan.yaml', 'a: 1\nb: 2\na: 3\n').diagnostics;
    expect(diagnostic!.related).toMatchObject([
      { message: 'first defined here', span: { start: { line: 1, column: 1 } } },
    ]);
  });

  it('reports everything of a file at once, in the order of the file', () => {
    expect(refusals('a: 010\nb: &x 1\na: *x\n1: !t 2\n').map((line) => line.slice(0, 6))).toEqual([
      ...['LS1011', 'LS1003', 'LS1006', 'LS1002', 'LS1012', 'LS1005'],
    ]);
  });

  it('names every syntax error with a remedy', () => {
    const { diagnostics } = readYaml('plan.yaml', 'a: "x\nb: [1\nc: d: e\n');
    expect(diagnostics.length).toBeGreaterThan(0);
    for (const { code, help, detail } of diagnostics) {
      expect(code).toBe('LS1001');
      expect(help).toBeTruthy();
      expect(detail).not.toMatch(/\n/);
    }
  });

  it('more than 1 MiB, counted in bytes', () => {
    const text = `a: "${'ü'.repeat(512 * 1024)}"`;
    expect(readYaml('plan.yaml', text).diagnostics.map(({ code }) => code)).toEqual(['LS1007']);
    expect(readYaml('plan.yaml', `a: "${'u'.repeat(512 * 1024)}"`).ok).toBe(true);
  });

  it('33 levels but not 32, in flow and in blocks', () => {
    expect(readYaml('plan.yaml', '['.repeat(32) + ']'.repeat(32)).ok).toBe(true);
    expect(refusals('['.repeat(33) + ']'.repeat(33))).toEqual(['LS1008 1:33 [']);
    expect(readYaml('plan.yaml', `${'- '.repeat(32)}x`).ok).toBe(true);
    expect(readYaml('plan.yaml', `${'- '.repeat(33)}x`).diagnostics.map(({ code }) => code)).toEqual(['LS1008']);
  });

  it.each([['['], ['- '], ['{a: '], ['? '], ['{{'], ['&a '], ['---\n'], ['!x *y ']])(
    'a megabyte of %j without exhausting the stack',
    (part) => {
      const outcome = readYaml('plan.yaml', part.repeat(Math.floor(1_000_000 / part.length)));
      expect(outcome.ok).toBe(false);
      expect(outcome.diagnostics.length).toBeLessThan(500);
    },
  );
});

describe('readYaml: any input', () => {
  const pieces = fc.constantFrom(
    ...[
      'a',
      'b',
      ': ',
      ':',
      '- ',
      '\n',
      '\n  ',
      ' ',
      '\t',
      '"',
      "'",
      '|',
      '>',
      '#',
      ' # ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '&x',
    ],
    ...[
      '*x',
      '!t',
      '? ',
      '%',
      '---\n',
      '...\n',
      '<<',
      '0x1',
      '1',
      '\\',
      '\\u00',
      '\r\n',
      '\r',
      '|+\n',
      '>-\n',
      'é',
      '😀',
      '\0',
    ],
  );
  it('never throws, refuses only with known codes, and stays inside the text', () => {
    const inputs = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(inputs, (text) => {
        const outcome = readYaml('plan.yaml', text);
        expect(outcome.ok).toBe(outcome.diagnostics.length === 0);
        for (const { code, span } of outcome.diagnostics) {
          expect([...Object.keys(YAML_CODES), 'LS1204', 'LS1301']).toContain(code);
          expect(span!.start.offset).toBeGreaterThanOrEqual(0);
          expect(span!.end.offset).toBeGreaterThanOrEqual(span!.start.offset);
          expect(span!.end.offset).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
