import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../src/document/read-yaml.js';
import type { SourceDocument } from '../../../src/document/source-document.js';
import { scalarSourceMap } from '../../../src/document/scalar-source-map.js';

function read(text: string): SourceDocument {
  const outcome = readYaml('plan.yaml', text);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics));
  return outcome.value;
}

/** The source text that a part of the value of `a` was written as. */
function written(yaml: string, part: string): string {
  const document = read(yaml);
  const { a } = document.value as { a: string };
  const start = a.indexOf(part);
  expect(start).toBeGreaterThanOrEqual(0);
  const span = document.spanWithin(['a'], start, start + part.length);
  return yaml.slice(span.start.offset, span.end.offset);
}

describe('spanWithin', () => {
  it.each([
    ['plain', 'a: select foo from bar # c\n', 'foo', 'foo'],
    ['plain over lines', 'a: select\n   foo\n\n   bar\n', 'foo\nbar', 'foo\n\n   bar'],
    ['single-quoted', "a: 'it''s foo'\n", "it's", "it''s"],
    ['an escaped quote', "a: 'it''s foo'\n", "'", "''"],
    ['single-quoted, behind an escape', "a: 'it''s foo'\n", 'foo', 'foo'],
    ['double-quoted', 'a: "x\\t\\u00e9 foo"\n', 'foo', 'foo'],
    ['an escape', 'a: "x\\u00e9y"\n', 'é', '\\u00e9'],
    ['a pair of surrogates from one escape', 'a: "x\\U0001F600y"\n', '😀', '\\U0001F600'],
    ['a joined line', 'a: "x \\\n   foo"\n', 'foo', 'foo'],
    ['literal', 'a: |\n    SELECT 1\n      FROM foo\n', '  FROM foo', '  FROM foo'],
    ['literal over lines', 'a: |-\n  one\n  two\n', 'one\ntwo', 'one\n  two'],
    ['literal with an indicator', 'a: |1\n   one\n', '  one', '  one'],
    ['folded', 'a: >\n  one\n  two\n', 'two', 'two'],
    ['folded over lines', 'a: >\n  one\n  two\n', 'one two', 'one\n  two'],
  ])('%s', (_, yaml, part, expected) => {
    expect(written(yaml, part)).toBe(expected);
  });

  it('points at the end of the text for what lies beyond it', () => {
    const span = read('a: "foo"\n').spanWithin(['a'], 3, 3);
    expect(span).toMatchObject({ start: { column: 8 }, end: { column: 8 } });
    expect(read('a: ""\n').spanWithin(['a'], 0, 0)).toMatchObject({ start: { column: 5 } });
  });

  it('points at the whole value where no text stands', () => {
    expect(read('a: [1]\n').spanWithin(['a'], 0, 1)).toMatchObject({ start: { column: 4 }, end: { column: 7 } });
  });
});

/** Lines of words, blanks, punctuation and awkward characters; what a style cannot hold is filtered by asking YAML. */
const line = fc
  .array(
    fc.constantFrom('a', 'bc', ' ', '  ', '\t', "'", "''", '"', '\\n', '\\\\', ':', '#', 'é', '😀', ',', '-', '('),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));
const body = fc.array(line, { minLength: 1, maxLength: 6 });
const eol = fc.constantFrom('\n', '\r\n');

const styles: Readonly<Record<string, fc.Arbitrary<string>>> = {
  plain: fc.tuple(body, eol).map(([lines, end]) => `a: x${lines.join(`${end}  `)}${end}b: 1${end}`),
  'single-quoted': fc.tuple(body, eol).map(([lines, end]) => `a: '${lines.join(`${end}  `)}'${end}b: 1${end}`),
  'double-quoted': fc.tuple(body, eol).map(([lines, end]) => `a: "${lines.join(`${end}  `)}"${end}b: 1${end}`),
  block: fc
    .tuple(
      fc.constantFrom('|', '>'),
      fc.constantFrom('', '1', '2', '3'),
      fc.constantFrom('', '-', '+'),
      body,
      eol,
      fc.boolean(),
      fc.boolean(),
    )
    .map(([style, indicator, chomping, lines, end, more, key]) => {
      const text = lines.map((content) => `  ${content}`).join(end);
      return `${key ? `k:${end} ` : ''}a: ${style}${indicator}${chomping}${end}${text}${more ? end : ''}`;
    }),
};

describe.each(Object.entries(styles))('the source map of %s scalars', (_, yamls) => {
  it('covers the value in order, and each character without an escape stands where it points', () => {
    let read = 0;
    fc.assert(
      fc.property(yamls, (text) => {
        const outcome = readYaml('plan.yaml', text);
        const scalar = outcome.ok ? (outcome.value.scalarAt(['a']) ?? outcome.value.scalarAt(['k', 'a'])) : undefined;
        if (scalar === undefined || typeof scalar.value !== 'string') return;
        read++;
        const map = scalarSourceMap(text, scalar);
        expect(map, `no map for ${JSON.stringify(text)} = ${JSON.stringify(scalar.value)}`).toBeDefined();
        let before = scalar.start;
        for (const [offset, unit] of scalar.value.split('').entries()) {
          const [start, end] = [map!.startOf(offset), map!.endOf(offset)];
          expect(start).toBeGreaterThanOrEqual(before);
          expect(end).toBeGreaterThanOrEqual(start);
          before = start;
          const source = text.slice(start, end);
          // The last line of a file may end without a break; the value of a block scalar has one all the same.
          if (source === '') expect([unit, start]).toEqual(['\n', text.length]);
          else if (source.length === 1 && source !== '\n') expect(source).toBe(unit);
          else expect(source).toMatch(/^(''|\\.*|[ \t]*\r?\n[ \t]*)$/s);
        }
      }),
      { numRuns: 3000 },
    );
    // The property says nothing if YAML refuses most of the texts.
    expect(read).toBeGreaterThan(500);
  });
});
