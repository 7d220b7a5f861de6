import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/kernel/diagnostic.js';
import type { Span } from '../../../src/kernel/span.js';
import { renderAnnotations, workflowCommand } from '../../../src/render/render-annotations.js';

function span(file: string, line: number, column: number, endLine = line, endColumn = column + 5): Span {
  const at = line * 1000;
  return {
    file,
    start: { offset: at + column, line, column },
    end: { offset: at + 1000 + endColumn, line: endLine, column: endColumn },
  };
}

function problem(more: Partial<Diagnostic> = {}): Diagnostic {
  const summary = 'unknown key in a step';
  return { code: 'LS1103', severity: 'error', summary, detail: '`tabel` is not a field of `backfill`', ...more };
}

/** As a runner reads a line: trimmed, split at the first `::` behind the name, and each property at its first `=`. */
function readByRunner(line: string) {
  const [, name = '', properties = '', message = ''] = /^\s*::([a-z]+)(?: (.*?))?::(.*)$/s.exec(line) ?? [];
  const decoded = (text: string): string => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
  const pairs = properties
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
  const values = pairs.map(([key, value]) => [key, decoded(value.replaceAll('%3A', ':').replaceAll('%2C', ','))]);
  return { name, properties: Object.fromEntries(values) as Record<string, string>, message: decoded(message) };
}

describe('an annotation', () => {
  it('is one line that names the place, the code, what is wrong and what to do', () => {
    const help = '`table` is required here, so renaming fixes both problems';
    expect(renderAnnotations([problem({ help, span: span('plans/a.yaml', 14, 5) })])).toBe(
      '::error file=plans/a.yaml,line=14,col=5,endColumn=9,title=LS1103%3A unknown key in a step' +
        '::`tabel` is not a field of `backfill`%0Ahelp: `table` is required here, so renaming fixes both problems\n',
    );
  });

  it.each([
    ['in one line', span('a', 3, 5, 3, 9), { line: '3', col: '5', endColumn: '8' }],
    ['of no length', span('a', 3, 5, 3, 5), { line: '3', col: '5', endColumn: '5' }],
    ['over several lines: columns are refused there', span('a', 3, 5, 6, 2), { line: '3', endLine: '6' }],
    ['that ends with a line', span('a', 3, 5, 4, 1), { line: '3', col: '5' }],
    ['that ends before a line', span('a', 3, 5, 6, 1), { line: '3', endLine: '5' }],
  ])('has a place %s', (_, place, expected) => {
    const { file, title, ...rest } = readByRunner(renderAnnotations([problem({ span: place })]).trimEnd()).properties;
    expect([file, title]).toEqual(['a', 'LS1103: unknown key in a step']);
    expect(rest).toEqual(expected);
  });

  it('without a place has none; a second place stands in its text', () => {
    const related = [{ message: 'first defined here', span: span('b.yaml', 2, 3) }];
    expect(readByRunner(renderAnnotations([problem({ related })]).trimEnd())).toEqual({
      name: 'error',
      properties: { title: 'LS1103: unknown key in a step' },
      message: '`tabel` is not a field of `backfill`\nb.yaml:2:3: first defined here',
    });
  });

  it('names the file as the repository does', () => {
    const text = renderAnnotations([problem({ span: span('a.yaml', 1, 1) })], (file) => `db/${file}`);
    expect(text).toMatch(/^::error file=db\/a\.yaml,line=1,/);
  });
});

describe('several', () => {
  const warning = problem({ severity: 'warning', span: span('a.yaml', 1, 1) });
  const errors = [
    problem({ span: span('b.yaml', 9, 1) }),
    problem(),
    problem({ span: span('b.yaml', 2, 1) }),
    problem({ span: span('a.yaml', 7, 1) }),
  ];

  it('stand worst first, then by file and line; what has no place comes last', () => {
    const read = renderAnnotations([warning, ...errors])
      .trimEnd()
      .split('\n')
      .map(readByRunner);
    expect(read.map(({ name, properties }) => [name, properties.file, properties.line])).toEqual([
      ['error', 'a.yaml', '7'],
      ['error', 'b.yaml', '2'],
      ['error', 'b.yaml', '9'],
      ['error', undefined, undefined],
      ['warning', 'a.yaml', '1'],
    ]);
  });

  it('are ten at most, and a notice says how many more there are', () => {
    const many = (count: number): readonly Diagnostic[] =>
      Array.from({ length: count }, (_, index) => problem({ span: span('a.yaml', index + 1, 1) }));
    expect(renderAnnotations(many(10)).match(/^::/gm)).toHaveLength(10);
    const lines = renderAnnotations([warning, ...many(12)])
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[9]).toMatch(/^::error .*line=10,/);
    expect(lines[10]).toBe(
      '::notice title=lockstep::3 more problems are not shown here; the log of this step lists all.',
    );
  });

  it('are nothing where nothing is wrong', () => {
    expect(renderAnnotations([])).toBe('');
  });
});

describe('any text', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('%', '0', 'A', 'D', '2', '5', ':', ',', '=', '\n', '\r', ' ', '::error ::x') }),
  );

  it('is one line, and what a runner reads is what was said', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (file, title, message) => {
        const line = workflowCommand('error', { file, line: 1, title }, message);
        expect(line).not.toMatch(/[\r\n]/);
        expect(readByRunner(line)).toEqual({ name: 'error', properties: { file, line: '1', title }, message });
      }),
    );
  });

  it('of a problem begins no other line: a plan cannot speak to the runner', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (file, detail, help) => {
        const text = renderAnnotations([problem({ detail, help, span: span(file, 1, 1) })]);
        expect(text.match(/\r|\n/g)).toEqual(['\n']);
        expect(text).toMatch(/^::error file=/);
      }),
    );
  });

  it('cannot write to the screen', () => {
    expect(renderAnnotations([problem({ detail: 'a\u001b[2J\nb' })])).toContain('a\ufffd[2J%0Ab');
  });
});
