/** Every file under test/fixtures is a test; its README says how to add one. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../../src/document/read-plan.js';
import type { Diagnostic } from '../../src/kernel/diagnostic.js';
import type { IncludedFile } from '../../src/steps/step-definition.js';
import { compilePlan } from '../../src/planner/compile-plan.js';
import { renderDiagnostics } from '../../src/render/diagnostic-frame.js';
import { PLAIN_STYLE } from '../../src/render/style.js';
import { loadGrammar } from '../../src/sql/grammar.js';
import { saidAtHead } from '../support/goldens/compile-golden.js';
import { readGoldenCatalog } from '../support/goldens/golden-catalog.js';

const FIXTURES = 'test/fixtures';
const UPDATE = process.env['UPDATE_FIXTURES'] === '1';

describe('plans that are right', () => {
  it.each(plansIn('ok'))('%s', async (file) => {
    expect(await seen('ok', file)).toBe('');
  });
});

describe('plans that are not', () => {
  it.each(plansIn('err'))('%s', async (file) => {
    const out = `${FIXTURES}/err/${file.replace(/\.yaml$/, '.out')}`;
    const found = `${await seen('err', file)}\n`;
    expect(found).toMatch(/LS\d{4}/);
    if (UPDATE) writeFileSync(out, found);
    if (!existsSync(out)) throw new Error(`${out} is missing; write it with UPDATE_FIXTURES=1`);
    expect(found).toBe(readFileSync(out, 'utf8'));
  });

  it('have no outputs left over', () => {
    const outputs = readdirSync(`${FIXTURES}/err`).filter((name) => name.endsWith('.out'));
    expect(
      outputs.map((name) => name.replace(/\.out$/, '.yaml')).filter((name) => !plansIn('err').includes(name)),
    ).toEqual([]);
  });
});

function plansIn(folder: 'ok' | 'err'): string[] {
  return readdirSync(`${FIXTURES}/${folder}`)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
}

/** What a person would see, without colours; empty where there is nothing to say. */
async function seen(folder: 'ok' | 'err', file: string): Promise<string> {
  const text = readFileSync(`${FIXTURES}/${folder}/${file}`, 'utf8');
  const diagnostics = await diagnose(folder, file, text);
  // A reader acts on these three; an offset beyond the text would show nothing.
  for (const diagnostic of diagnostics) {
    expect.soft(diagnostic.detail, diagnostic.code).not.toBe('');
    expect.soft(diagnostic.help, diagnostic.code).toBeTruthy();
    if (diagnostic.span?.file === file) expect.soft(diagnostic.span.end.offset).toBeLessThanOrEqual(text.length);
  }
  return renderDiagnostics(
    diagnostics,
    ({ file: name }) => (name === file ? text : sourceOf(folder, name)),
    PLAIN_STYLE,
  );
}

function sourceOf(folder: string, name: string): string | undefined {
  const path = `${FIXTURES}/${folder}/${name}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

async function diagnose(folder: 'ok' | 'err', file: string, text: string): Promise<readonly Diagnostic[]> {
  const readInclude = (name: string): IncludedFile | undefined => {
    const found = sourceOf(folder, name);
    return found === undefined ? undefined : { name, text: found };
  };
  const read = await readPlan(file, text, { ...saidAtHead(text), readInclude });
  const [, against] = /^# against: (\S+)$/m.exec(text) ?? [];
  if (!read.ok || against === undefined) return read.diagnostics;
  const { catalog, windows } = readGoldenCatalog(against);
  const surroundings = { grammar: await loadGrammar(), fingerprint: () => 'unknown', windows };
  const compiled = compilePlan(read.value, catalog, surroundings);
  return [...read.diagnostics, ...compiled.diagnostics];
}
