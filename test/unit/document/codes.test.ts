import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOCUMENT_CODES } from '../../../src/document/codes.js';

const folder = new URL('../../../src/document/', import.meta.url);
const sources = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.startsWith('codes'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n');
const reported = new Set(sources.match(/(?<=')LS1[0-35]\d\d(?=')/g));

describe('the codes of the document floor', () => {
  it.each(Object.entries(DOCUMENT_CODES))('%s is reported, and explained in sentences', (code, entry) => {
    expect(reported).toContain(code);
    expect(entry.summary).not.toMatch(/[A-Z][a-z]+\.$|\.$/);
    expect(entry.explanation.match(/[.:?]( |\n|$)/g)?.length).toBeGreaterThanOrEqual(2);
  });

  it('has an explanation for each that is reported', () => {
    expect([...reported].filter((code) => !(code in DOCUMENT_CODES))).toEqual([]);
  });
});
