/** What the built program loads, and does not load, before it answers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockstep } from '../../support/built-program.js';

/** The files of packages in CommonJS that were loaded, as the last line on stderr. */
const TELL = `import { createRequire } from 'node:module';
const { cache } = createRequire(import.meta.url);
process.on('exit', () => {
  const files = Object.keys(cache).map((file) => file.replaceAll('\\\\', '/').replace(/.*\\/node_modules\\//, ''));
  process.stderr.write('loaded: ' + files.join(' '));
});`;

async function loadedBy(args: readonly string[], config?: string): Promise<{ exit: number | null; files: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-loaded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'tell.mjs'), TELL);
  if (config !== undefined) writeFileSync(join(folder, 'lockstep.config.yaml'), config);
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(join(folder, 'tell.mjs')).href}` };
  const { exit, err } = await lockstep(args, { cwd: folder, env });
  return { exit, files: (err.split('loaded: ')[1] ?? '').split(' ') };
}

describe('validate', () => {
  const plan = join(process.cwd(), 'plans/split-auth-schema.yaml');

  it('asks neither ajv nor a driver about a plan that is right, nor about a configuration', async () => {
    const config = 'targets: { prod: { url: "postgresql://a/b" } }\n';
    const loaded = await loadedBy(['validate', plan], config);
    expect(loaded.exit).toBe(0);
    expect(loaded.files).toContain('yaml/dist/index.js');
    for (const heavy of ['ajv/dist/ajv.js', 'pg/lib/index.js']) expect(loaded.files).not.toContain(heavy);
  });

  it('asks ajv for the words about one that is not', async () => {
    const loaded = await loadedBy(['validate', join(process.cwd(), 'test/fixtures/err/check-unknown-or-several.yaml')]);
    expect(loaded.exit).toBe(3);
    expect(loaded.files).toContain('ajv/dist/ajv.js');
  });
});
