import { describe, expect, test } from 'vitest';

import { anyDiffers, asValue, comparableType, type MappedColumn } from '../../../src/mapping/mapping.js';

describe('comparableType is the type without what would cut or pad a value', () => {
  test.each([
    ['bigint', 'bigint'],
    ['character varying(255)', 'character varying'],
    ['character varying', 'character varying'],
    ['character(5)', 'bpchar'],
    ['character(5)[]', 'bpchar[]'],
    ['bit(3)', '"bit"'],
    ['bit varying(8)', 'bit varying'],
    ['numeric(10,2)', 'numeric'],
    ['numeric(10,2)[][]', 'numeric[][]'],
    ['timestamp(3) with time zone', 'timestamp with time zone'],
    ['interval day to second(3)', 'interval day to second'],
    ['"char"', '"char"'],
    ['"Odd (10)"', '"Odd (10)"'],
    ['auth."Odd ""(10)"" (x)"[]', 'auth."Odd ""(10)"" (x)"[]'],
  ])('%s → %s', (type, bare) => expect(comparableType(type)).toBe(bare));
});

describe('asValue', () => {
  const column: MappedColumn = {
    ...{ name: 'v', type: 'character varying(5)', identityAlways: false, expression: 'a -- why', plainColumn: null },
    ...{ converted: false, literal: false },
  };
  test('is the expression in the type of its column, whatever it ends in', () => {
    expect(asValue(column)).toBe('(a -- why\n)::character varying');
  });
  test('is a column alone where it has that type, and converted where it has another', () => {
    expect(asValue({ ...column, plainColumn: 'A b' })).toBe('"A b"');
    expect(asValue({ ...column, plainColumn: 'A b', converted: true })).toBe('"A b"::character varying');
  });
});

describe('anyDiffers', () => {
  test('compares images of rows, and by value what the column itself shapes', () => {
    const compared = [
      { left: 'a.x', right: 'b.x', type: 'json' },
      { left: 'a.c', right: 'b.c', type: 'character(5)' },
      { left: 'a.n', right: 'b.n', type: 'numeric(10,2)' },
      { left: 'a.m', right: 'b.m', type: 'numeric' },
    ];
    expect(anyDiffers(compared)).toBe(
      '(ROW(a.x::json, a.m::numeric)::record *<> ROW(b.x::json, b.m::numeric)::record OR a.c IS DISTINCT FROM b.c OR a.n IS DISTINCT FROM b.n)',
    );
  });
  test('nothing to compare differs never', () => expect(anyDiffers([])).toBe('false'));
});
