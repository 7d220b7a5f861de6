import { describe, expect, it } from 'vitest';
import { formatByteSize, parseByteSize } from '../../../src/kernel/byte-size.js';

describe('a size in bytes', () => {
  it.each([
    ['0B', 0],
    ['512kB', 524_288],
    ['64MB', 67_108_864],
    ['1GB', 1_073_741_824],
    ['2TB', 2_199_023_255_552],
  ])('%s is %i', (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

  it.each(['', '1', '1 GB', '1gb', '1.5GB', '-1MB', '999999999999999TB'])('%o is none', (text) =>
    expect(parseByteSize(text)).toBeUndefined(),
  );

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 kB'],
    [1_288_490_189, '1.2 GB'],
    [1_073_741_824, '1 GB'],
  ])('%i is shown as %s', (bytes, text) => expect(formatByteSize(bytes)).toBe(text));
});
