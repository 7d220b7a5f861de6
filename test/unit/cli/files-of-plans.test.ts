/** The author of a plan in a pull request wants to see a file of the machine on which the plan is checked. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../../../src/cli/run-command-line.js';
import { graphDigest, type OperationGraph } from '../../../src/operation/operation-graph.js';
import { fakeTerminal } from './fake-terminal.js';

const CANARY = 'canary-4711';
let top = '';
const at = (...names: readonly string[]): string => join(top, ...names);

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'lockstep-files-'));
  mkdirSync(at('repo', '.git'), { recursive: true });
  mkdirSync(at('repo', 'plans', 'deep'), { recursive: true });
  mkdirSync(at('repo', 'sql'));
  writeFileSync(at('secret.env'), `TOKEN=${CANARY}\n`);
  writeFileSync(at('secret.sql'), `TOKEN=${CANARY}\n`);
  writeFileSync(at('repo', '.git', 'config'), `[http]\n\textraheader = ${CANARY}\n`);
  writeFileSync(at('repo', '.git', 'config.sql'), `extraheader = ${CANARY}\n`);
  writeFileSync(at('repo', '.env'), `TOKEN=${CANARY}\n`);
  writeFileSync(at('repo', 'terraform.tfstate'), `{ "token": "${CANARY}" }\n`);
  writeFileSync(at('repo', 'sql', 'good.sql'), 'CREATE TABLE t (id int PRIMARY KEY);\n');
  writeFileSync(at('repo', 'sql', 'huge.sql'), `SELECT '${'x'.repeat(1_048_576)}';\n`);
  symlinkSync(at('secret.env'), at('repo', 'plans', 'link.sql'));
  symlinkSync(top, at('repo', 'plans', 'folder'));
  symlinkSync('../sql/good.sql', at('repo', 'plans', 'inside.sql'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

async function typed(...words: readonly string[]): Promise<{ readonly exit: number; readonly said: string }> {
  const terminal = fakeTerminal();
  const exit = await runCommandLine(words, '0.0.0', terminal);
  return { exit, said: terminal.written.out + terminal.written.err };
}

function planOf(file: string, name = 'p.yaml'): string {
  const path = at('repo', 'plans', name);
  writeFileSync(path, `lockstep: 1\nname: f\nsteps:\n  - { id: a, ddl: { file: ${JSON.stringify(file)} } }\n`);
  return path;
}

const validated = (file: string): ReturnType<typeof typed> => typed('validate', planOf(file));

describe('a file that a plan names', () => {
  it.each([
    ['of a folder above the repository', '../../secret.sql', 'lies outside'],
    ['behind a link', 'link.sql', 'lies outside'],
    ['behind a folder that is a link', 'folder/secret.sql', 'lies outside'],
    ['of git, with the credentials of the job', '../.git/config', 'belongs to git'],
    ['of git, by a name of SQL', '../.git/config.sql', 'belongs to git'],
    ['with settings of the project', '../.env', 'begins with a dot'],
    ['of more than 1 MiB', '../sql/huge.sql', 'more than 1 MiB'],
    ['that is a folder', 'deep', 'no regular file'],
    ['by an absolute path', '/etc/passwd', 'not a path relative'],
  ])('%s is refused, and nothing of it is printed', async (_, file, why) => {
    const { exit, said } = await validated(file);
    expect([exit, said.includes(CANARY), said.includes('root:')]).toEqual([3, false, false]);
    expect(said).toContain('error[LS1206]');
    expect(said).toContain(why);
  });

  it.skipIf(process.platform === 'win32')('that is a pipe or a device does not hang the check', async () => {
    execFileSync('mkfifo', [at('repo', 'plans', 'pipe.sql')]);
    symlinkSync('/dev/zero', at('repo', 'plans', 'zero.sql'));
    expect((await validated('pipe.sql')).said).toContain('no regular file');
    expect((await validated('zero.sql')).said).toContain('lies outside');
  });

  it('is said to be no SQL without its words where its name does not say that it is', async () => {
    const { exit, said } = await validated('../terraform.tfstate');
    expect([exit, said.includes(CANARY)]).toEqual([3, false]);
    expect(said).toContain('`' + at('repo', 'terraform.tfstate') + '` is not SQL from line 1 on');
  });

  it.each(['../sql/good.sql', 'inside.sql'])('of its own repository is read: %s', async (file) => {
    expect(await validated(file)).toMatchObject({ exit: 0 });
  });

  it('is one of the folder of the plan where there is no repository', async () => {
    rmSync(at('repo', '.git'), { recursive: true });
    expect((await validated('../sql/good.sql')).said).toContain('lies outside');
    writeFileSync(at('repo', 'plans', 'deep', 'good.sql'), 'CREATE TABLE t ();');
    expect(await validated('deep/good.sql')).toMatchObject({ exit: 0 });
  });
});

describe('a plan or a configuration that is a link of the repository', () => {
  it('to another file of the machine is refused, and nothing of it is printed', async () => {
    for (const [name, target] of [
      ['out.yaml', at('secret.env')],
      ['git.yaml', at('repo', '.git', 'config')],
    ] as const) {
      symlinkSync(target, at('repo', 'plans', name));
      const plan = await typed('validate', at('repo', 'plans', name));
      expect([plan.exit, plan.said.includes(CANARY)], plan.said).toEqual([1, false]);
      expect(plan.said).toContain('error[LS9017]');
      const configured = await typed('validate', planOf('../sql/good.sql'), '--config', at('repo', 'plans', name));
      expect([configured.exit, configured.said.includes(CANARY)], configured.said).toEqual([1, false]);
    }
  });
});

it('a saved plan says which file it came from, and that file is not opened to draw a line of it', async () => {
  const graph = { lockstep: 1, plan: 'f', steps: [], operations: [] } as unknown as OperationGraph;
  const text = 'lockstep: 1\nname: f\nstep: []\n';
  writeFileSync(at('secret.yaml'), `one\ntwo\nTOKEN: ${CANARY}\n`);
  const saved = {
    lockstep: 1,
    saved: 'plan',
    file: at('secret.yaml'),
    text,
    set: {},
    graph,
    digest: graphDigest(graph),
  };
  writeFileSync(at('repo', 'plans', 'p.saved.json'), JSON.stringify(saved));
  const { exit, said } = await typed('show', at('repo', 'plans', 'p.saved.json'));
  expect(exit).toBe(3);
  expect(said).toContain('step: []');
  expect(said).not.toContain(CANARY);
});
