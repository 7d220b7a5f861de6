import { describe, expect, it } from 'vitest';
import {
  showCount,
  showDigest,
  showRounded,
  showRow,
  showShare,
  showTime,
  showValue,
} from '../../../src/render/show-amount.js';
import { PLAIN_STYLE } from '../../../src/render/style.js';
import { cut, renderTable } from '../../../src/render/text-table.js';

describe('amounts', () => {
  it.each([
    [0, '0', '0'],
    [999, '999', '999'],
    [312_904, '312,904', '312,904'],
    [84_213_004, '84,213,004', '84.2M'],
    [5_600_000_000, '5,600,000,000', '5.6G'],
  ])('%i', (count, exact, rounded) => {
    expect([showCount(count), showRounded(count)]).toEqual([exact, rounded]);
  });

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [12_340, '12.3 s'],
    [59_960, '1m0s'],
    [192_000, '3m12s'],
    [5_460_000, '1h31m'],
    [187_200_000, '2d4h'],
  ])('%i ms', (durationMs, text) => {
    expect(showTime(durationMs)).toBe(text);
  });

  it('shares are cut, not rounded up', () => {
    expect([0.4689, 0.9999].map(showShare)).toEqual(['46.8%', '99.9%']);
  });

  it('values are one line, and NULL is not an empty text', () => {
    expect([null, '', 'a\nb', { b: 1 }, 'x'.repeat(200)].map(showValue)).toEqual([
      'NULL',
      `''`,
      'a\ufffdb',
      '{"b":1}',
      `${'x'.repeat(79)}…`,
    ]);
    expect(showRow({ id: 1, name: null })).toBe('id 1   name NULL');
  });

  it('digests are short enough to compare', () => {
    expect(showDigest(`ls1:7f3c${'0'.repeat(56)}e91a`)).toBe('ls1:7f3c…e91a');
    expect(showDigest('ls1:7f3c')).toBe('ls1:7f3c');
  });
});

describe('tables', () => {
  const view = { style: PLAIN_STYLE, width: 24 };

  it('align and cut by columns of the screen', () => {
    expect(cut('漢字漢字', 5)).toBe('漢字…');
    const columns = [{ title: 'name', least: 5 }, { title: 'rows', align: 'right' }, { title: 'state' }] as const;
    expect(
      renderTable(
        columns,
        [
          ['漢字漢字漢字漢字', '12', 'done'],
          ['b', '1,000', { text: 'x', tone: (text) => `<${text}>` }],
        ],
        view,
      ),
    ).toEqual(['name         rows  state', '漢字漢字…      12  done', 'b           1,000  <x>']);
  });

  it('take room from the columns that may be cut only', () => {
    const [line] = renderTable([{ title: '', least: 4 }, { title: '' }], [['a'.repeat(50), 'b'.repeat(15)]], view);
    expect(line).toBe(`${'a'.repeat(6)}…  ${'b'.repeat(15)}`);
  });
});
