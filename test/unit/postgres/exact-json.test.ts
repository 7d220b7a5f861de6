import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../src/postgres/exact-json.js';

describe('JSON from the server', () => {
  it.each([
    ['{"id": 9007199254740993}', { id: '9007199254740993' }],
    ['{"id": -9223372036854775808}', { id: '-9223372036854775808' }],
    ['[0.1, 1.5, 12, -3, 9007199254740991]', [0.1, 1.5, 12, -3, 9007199254740991]],
    // numeric(10,2): the zero belongs to the value.
    ['{"price": 1.50, "long": 3.14159265358979323846}', { price: '1.50', long: '3.14159265358979323846' }],
    ['{"a": "9007199254740993", "b\\"1.50": [true, null]}', { a: '9007199254740993', 'b"1.50': [true, null] }],
    ['"12\\\\"', '12\\'],
    ['9007199254740993', '9007199254740993'],
    ['1e400', '1e400'],
    ['{"9007199254740993": 1}', { '9007199254740993': 1 }],
  ])('%s', (text, value) => {
    expect(parseExactJson(text)).toEqual(value);
  });
});
