import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/kernel/diagnostic.js';
import { lineIndex } from '../../../src/kernel/span.js';
import { countLine, renderDiagnostic, renderDiagnostics } from '../../../src/render/diagnostic-frame.js';
import { displayWidth, printable } from '../../../src/render/display-width.js';
import { PLAIN_STYLE, styleFor } from '../../../src/render/style.js';

const FILE = 'plans/orders-uuid.yaml';

function diagnosticAt(text: string, part: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(part);
  expect(start).toBeGreaterThanOrEqual(0);
  const span = lineIndex(FILE, text).span(start, start + part.length);
  return {
    code: 'LS1103',
    severity: 'error',
    summary: 'unknown key in a step',
    detail: 'this is wrong',
    span,
    ...more,
  };
}

const render = (text: string, diagnostic: Diagnostic): string =>
  renderDiagnostic(diagnostic, ({ file }) => (file === FILE ? text : undefined), PLAIN_STYLE);

describe('renderDiagnostic', () => {
  it('looks as it was designed', () => {
    const text = `${'\n'.repeat(13)}    tabel: orders\n`;
    const diagnostic = diagnosticAt(text, 'tabel', {
      detail: '`tabel` is not a field of `backfill`; did you mean `table`?',
      help: '`table` is required here, so renaming fixes both problems',
    });
    expect(render(text, diagnostic)).toBe(
      [
        'error[LS1103]: unknown key in a step',
        '  ╭▸ plans/orders-uuid.yaml:14:5',
        '14│     tabel: orders',
        '  │     ━━━━━ `tabel` is not a field of `backfill`; did you mean `table`?',
        '  ╰ help: `table` is required here, so renaming fixes both problems',
      ].join('\n'),
    );
  });

  it('closes the frame without help, and hangs further lines', () => {
    expect(render('a: b\n', diagnosticAt('a: b\n', 'b', { detail: 'one\ntwo' }))).toBe(
      [
        'error[LS1103]: unknown key in a step',
        '  ╭▸ plans/orders-uuid.yaml:1:4',
        ' 1│ a: b',
        '  │    ━ one',
        '  ╰      two',
      ].join('\n'),
    );
  });

  it('shows related places, in this file and in another', () => {
    const text = 'where: a\nb: 1\nwhere: c\n';
    const other = lineIndex('other.yaml', 'x').span(0, 1);
    const related = [
      { message: 'first defined here', span: lineIndex(FILE, text).span(0, 5) },
      { message: 'and there', span: other },
    ];
    const second = lineIndex(FILE, text).span(14, 19);
    expect(render(text, { ...diagnosticAt(text, 'where'), span: second, related, help: 'remove one' })).toBe(
      [
        'error[LS1103]: unknown key in a step',
        '  ╭▸ plans/orders-uuid.yaml:3:1',
        ' 3│ where: c',
        '  │ ━━━━━ this is wrong',
        '  ├▸ plans/orders-uuid.yaml:1:1',
        ' 1│ where: a',
        '  │ ───── first defined here',
        '  ├▸ other.yaml:1:1',
        '  │ and there',
        '  ╰ help: remove one',
      ].join('\n'),
    );
  });

  it('draws a bar beside several lines, and leaves out the middle of many', () => {
    const text = 'a: |\n  1\n  2\n  3\n  4\n  5\nb: 1\n';
    expect(render(text, diagnosticAt(text, 'a: |\n  1\n'))).toBe(
      [
        'error[LS1103]: unknown key in a step',
        '  ╭▸ plans/orders-uuid.yaml:1:1',
        ' 1│ ┏ a: |',
        ' 2│ ┃   1',
        '  ╰ ┗ this is wrong',
      ].join('\n'),
    );
    expect(render(text, diagnosticAt(text, text)).split('\n').slice(2)).toEqual([
      ...[' 1│ ┏ a: |', ' 2│ ┃   1', ' 3│ ┃   2', '  ⋮ ┃', ' 7│ ┃ b: 1', '  ╰ ┗ this is wrong'],
    ]);
  });

  it('needs neither a place nor a text', () => {
    const bare: Diagnostic = { code: 'LS1305', severity: 'warning', summary: 's', detail: 'd', help: 'h\ni' };
    expect(render('', bare)).toBe('warning[LS1305]: s\n  │ d\n  ╰ help: h\n          i');
    const unread = diagnosticAt('abc', 'b', { detail: 'd' });
    expect(renderDiagnostic(unread, () => undefined, PLAIN_STYLE)).toBe(
      'error[LS1103]: unknown key in a step\n  ╭▸ plans/orders-uuid.yaml:1:2\n  ╰ d',
    );
    // The file changed since it was read.
    expect(render('', { ...unread, span: lineIndex(FILE, '\n\n\nx').span(3, 4) })).toContain('╰ d');
  });

  it.each([
    ['a tab', '\tx: 1', 'x', '    ━'],
    ['wide characters before', '"日本": x', 'x', '        ━'],
    ['wide characters marked', 'a: 日本', '日本', '   ━━━━'],
    ['an emoji of several code points', '👩‍👩‍👧: 👍🏽x', 'x', '      ━'],
    ['a flag', '🇩🇪 x', 'x', '   ━'],
    ['a combining mark', 'e\u0301: x', 'x', '   ━'],
  ])('aligns the marks below %s', (_, text, part, marks) => {
    const [, , source, below] = render(text, diagnosticAt(text, part)).split('\n');
    expect(below).toBe(`  ╰ ${marks} this is wrong`);
    expect(displayWidth(source!.slice(4).split(printable(part))[0]!)).toBe(marks.indexOf('━'));
  });

  it('marks the place of an empty span, also at the end of a line', () => {
    const text = 'a:\n';
    const span = lineIndex(FILE, text).span(2, 2);
    expect(render(text, { ...diagnosticAt(text, 'a'), span })).toContain('\n  ╰   ━ this is wrong');
  });

  it('shows the surroundings of a long line only', () => {
    const text = `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`;
    const lines = render(text, diagnosticAt(text, 'HERE')).split('\n');
    expect(lines[2]).toMatch(/^ 1│ …x{40}HEREy+…$/);
    expect(lines[3]).toBe(`  ╰${' '.repeat(42)}━━━━ this is wrong`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(180);
  });

  it('lets no file write to the screen', () => {
    const text = 'a: \u001b[31m\u202ered\u0007\n';
    const shown = render(text, diagnosticAt(text, 'a', { detail: 'key \u001b[2J' }));
    expect(shown).not.toMatch(/[\u001b\u0007\u202e]/);
  });

  it('never throws, whatever the text and the place', () => {
    const texts = fc.array(fc.constantFrom('a', ' ', '\n', '\r\n', '\t', '日', '👍🏽', '\u0301', 'x'.repeat(90)), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(texts, fc.nat(200), fc.nat(200), (parts, start, length) => {
        const text = parts.join('');
        const span = lineIndex(FILE, text).span(start, start + length);
        const shown = render(text, { ...diagnosticAt('a', 'a'), span });
        expect(shown).toContain('╰');
        expect(shown).toContain('this is wrong');
      }),
    );
  });
});

describe('renderDiagnostics', () => {
  const error = diagnosticAt('a', 'a');
  const warning: Diagnostic = { ...error, severity: 'warning' };

  it('puts an empty line between, and counts at the end', () => {
    const shown = renderDiagnostics([error, warning, error], () => 'a', PLAIN_STYLE);
    expect(shown.split('\n\n')).toHaveLength(4);
    expect(shown.endsWith('\n\n2 errors, 1 warning')).toBe(true);
    expect(renderDiagnostics([], () => 'a', PLAIN_STYLE)).toBe('');
  });

  it.each([
    [[error], '1 error'],
    [[warning, warning], '2 warnings'],
    [[], 'no problems'],
  ])('counts %#', (diagnostics, line) => {
    expect(countLine(diagnostics)).toBe(line);
  });
});

describe('styleFor', () => {
  const coloured = (isTty: boolean, env: Readonly<Record<string, string>>): boolean =>
    styleFor({ isTty, env }).error('x') !== 'x';

  it.each([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR', false, { FORCE_COLOR: '1', TERM: 'dumb', CI: 'true' }, true],
    ['FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['CI', true, { CI: 'true' }, false],
    ['TERM=dumb', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTty, env, expected) => {
    expect(coloured(isTty, env as Readonly<Record<string, string>>)).toBe(expected);
  });

  it('changes no text but adds escapes', () => {
    const style = styleFor({ isTty: true, env: {} });
    const text = 'a: b\n';
    const diagnostic = diagnosticAt(text, 'b', { help: 'h' });
    const shown = renderDiagnostic(diagnostic, () => text, style);
    expect(shown.replaceAll(/\u001b\[\d+m/g, '')).toBe(render(text, diagnostic));
    expect(shown).toContain('\u001b[');
  });
});
