import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../../src/cli/run-command-line.js';
import * as validation from '../../../src/cli/validate-command.js';
import { fakeTerminal, type FakeTerminalOptions } from './fake-terminal.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function type(line: string, options: FakeTerminalOptions = {}) {
  const terminal = fakeTerminal(options);
  const exit = await runCommandLine(line === '' ? [] : line.split(' '), '1.2.3', terminal);
  return { exit, ...terminal.written };
}

describe('a command line that cannot be understood', () => {
  it.each([
    ['aply x', "unknown command 'aply'", 'did you mean apply?', 'lockstep --help'],
    ['plan x --jsn', "unknown option '--jsn'", 'did you mean --json?', 'lockstep plan --help'],
    ['plan', "missing required argument 'plan'", undefined, 'lockstep plan --help'],
    ['plan a b', "too many arguments for 'plan'", undefined, 'lockstep plan --help'],
    ['approve x', "required option '--gate <step>' not specified", undefined, 'lockstep approve --help'],
    ['apply x --set soak', 'Write name=value.', undefined, 'lockstep apply --help'],
    ['apply x --resolve a=perhaps', 'Write STEP=done', undefined, 'lockstep apply --help'],
    ['plan x --sql --graph', 'cannot be used with option', undefined, 'lockstep plan --help'],
    ['demo away', 'Allowed choices are run, status, rollback, clean', undefined, 'lockstep demo --help'],
    ['demo --users 0', 'Write a whole number above 0.', undefined, 'lockstep demo --help'],
  ])('%s', async (line, detail, help, next) => {
    const { exit, out, err } = await type(line);
    expect(exit).toBe(64);
    expect(out).toBe('');
    expect(err).toMatch(/^error\[LS9101\]: the command line cannot be understood\n/);
    expect(err).toContain(detail);
    if (help !== undefined) expect(err).toContain(`help: ${help}`);
    expect(err.endsWith(`\nNext:  ${next}\n`)).toBe(true);
  });

  it('is told to a program as a document, too', async () => {
    const { exit, out } = await type('plan --json --foo');
    expect(exit).toBe(64);
    expect(JSON.parse(out)).toEqual({
      lockstep: 1,
      command: 'plan',
      exit: 64,
      report: null,
      diagnostics: [expect.objectContaining({ code: 'LS9101', detail: "unknown option '--foo'" })],
      next: ['lockstep plan --help'],
    });
  });

  it('does not repeat a password', async () => {
    const { err } = await type('plan x --database-ulr=postgresql://app:s3cret@db/shop');
    expect(err).toContain('postgresql://app:***@db/shop');
    expect(err).not.toContain('s3cret');
  });

  it('without a command shows the help, and is no success', async () => {
    const { exit, out, err } = await type('');
    expect([exit, out]).toEqual([64, '']);
    expect(err).toContain('Usage: lockstep COMMAND');
  });
});

describe('help', () => {
  it.each(['--help', 'help', 'help plan', 'plan --help', '--version'])('%s is a result', async (line) => {
    const { exit, out, err } = await type(line);
    expect([exit, err]).toEqual([0, '']);
    expect(out).not.toBe('');
  });

  it('names every command, its example, and where the database is taken from', async () => {
    const { out } = await type('--help');
    for (const command of [
      'validate',
      'plan',
      'apply',
      'approve',
      'status',
      'verify',
      'rollback',
      'schema',
      'explain',
      'demo',
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
      expect((await type(`${command} --help`)).out).toContain('Example:\n  lockstep ');
    }
    expect(out).toContain('the target of lockstep.config.yaml that --target names, LOCKSTEP_DATABASE_URL');
  });
});

describe('what needs no database', () => {
  it('explain prints the entry, wrapped', async () => {
    const { exit, out } = await type('explain ls9003');
    expect(exit).toBe(0);
    expect(out).toMatch(/^LS9003: a check failed\n\nA check of the plan /);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(88);
  });

  it('explain of another code asks what was meant', async () => {
    const { exit, err } = await type('explain LS903');
    expect(exit).toBe(64);
    expect(err).toContain('error[LS9102]');
    expect(err).toContain('Next:  lockstep explain LS9003');
  });

  it('schema prints what the published file holds', async () => {
    const { exit, out } = await type('schema');
    expect(exit).toBe(0);
    expect(out).toBe(readFileSync('schemas/plan.schema.json', 'utf8'));
  });

  it('validate prints a line per file, and the problems on the other stream', async () => {
    const { exit, out, err } = await type('validate test/fixtures/ok/smallest.yaml test/fixtures/err/yaml-tab.yaml');
    expect(exit).toBe(3);
    expect(out).toMatch(
      /^✔ test\/fixtures\/ok\/smallest\.yaml {3}[a-z-]+, 1 step\n✖ test\/fixtures\/err\/yaml-tab\.yaml {3}is not valid\n$/,
    );
    expect(err).toContain('╭▸ test/fixtures/err/yaml-tab.yaml:');
  });

  it('validate of a file that is not there is refused by the environment, not by the plan', async () => {
    const { exit, err } = await type('validate nowhere.yaml');
    expect(exit).toBe(1);
    expect(err).toContain('error[LS9017]');
  });
});

describe('a database that is not named', () => {
  it('is an error that lists the places', async () => {
    const { exit, err } = await type('plan test/fixtures/ok/smallest.yaml');
    expect(exit).toBe(1);
    expect(err).toContain('error[LS9016]');
    expect(err).toContain('--database-url, --target and a configuration, LOCKSTEP_DATABASE_URL, DATABASE_URL');
  });

  it('is said of the place that names something else, without repeating it', async () => {
    const { exit, err } = await type('status', { env: { DATABASE_URL: 'mysql://u:s3cret@h/d' } });
    expect(exit).toBe(1);
    expect(err).toContain('DATABASE_URL names no PostgreSQL database');
    expect(err).not.toContain('s3cret');
  });
});

describe('--json-into', () => {
  it('writes the document beside the human output', async () => {
    const file = join(folder, 'result.json');
    const { out } = await type(`explain LS9003 --json-into ${file}`);
    expect(out).toMatch(/^LS9003: /);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ lockstep: 1, command: 'explain', exit: 0 });
  });

  it('is refused before anything is done where it cannot be written', async () => {
    const { exit, err } = await type(`plan x --json-into ${join(folder, 'missing', 'x.json')}`);
    expect(exit).toBe(64);
    expect(err).toContain('cannot be written (ENOENT)');
  });
});

describe('colours', () => {
  it('come when forced, and go with --no-color', async () => {
    const forced = { env: { FORCE_COLOR: '1' } };
    expect((await type('explain LS9003', forced)).out).toContain('\u001b[1m');
    expect((await type('explain LS9003 --no-color', forced)).out).not.toContain('\u001b');
  });
});

describe('what nobody foresaw', () => {
  it('is one line and how to report it, never a stack', async () => {
    const thrown = vi.spyOn(validation, 'validate').mockRejectedValue(new TypeError('x of postgresql://a:s3cret@h/d'));
    try {
      writeFileSync(join(folder, 'a.yaml'), '');
      const plain = await type('validate a.yaml');
      expect(plain.exit).toBe(1);
      expect(plain.err).toBe(
        'Please report it with the command and this line; LOCKSTEP_DEBUG=1 shows where it happened.\n' +
          'lockstep has a defect: x of postgresql://a:***@h/d\n',
      );
      expect(JSON.parse((await type('validate a.yaml --json')).out)).toMatchObject({ exit: 1, report: null });
      const told = await type('validate a.yaml', { env: { LOCKSTEP_DEBUG: '1' } });
      expect(told.err).toContain('run-command-line');
      expect(told.err).not.toContain('s3cret');
    } finally {
      thrown.mockRestore();
    }
  });
});

describe('--format', () => {
  it.each([
    ['validate x --format xml', 'Allowed choices are plain, github.'],
    ['plan x --format github', 'Allowed choices are plain, markdown.'],
    ['show x --format json', 'Allowed choices are plain, markdown.'],
    ['plan x --format markdown --sql', "cannot be used with option '--sql'"],
    ['show x --format markdown --graph', "cannot be used with option '--graph'"],
    ['validate x --format github --json', "cannot be used with option '--json'"],
  ])('%s is refused', async (line, detail) => {
    const { exit, out, err } = await type(line);
    expect(exit).toBe(64);
    expect(out).not.toContain('::');
    expect(err).toContain('error[LS9101]');
    expect(err).toContain(detail);
  });

  it('github prints annotations and nothing else, with the same exit code and the same problems in the log', async () => {
    const files = 'test/fixtures/ok/smallest.yaml test/fixtures/err/several-at-once.yaml';
    const plain = await type(`validate ${files}`);
    const github = await type(`validate ${files} --format github`);
    expect(github).toMatchObject({ exit: 3, err: plain.err });
    const lines = github.out.trimEnd().split('\n');
    expect(lines).toHaveLength(plain.err.match(/^(error|warning)\[/gm)!.length);
    for (const line of lines)
      expect(line).toMatch(/^::(error|warning) file=test\/fixtures\/err\/several-at-once\.yaml,line=\d+,/);
    expect(await type('validate test/fixtures/ok/smallest.yaml --format github')).toEqual({
      exit: 0,
      out: '',
      err: '',
    });
  });

  it('github names a file from the top of the checkout, wherever the job runs', async () => {
    const env = { GITHUB_WORKSPACE: join(process.cwd(), 'test') };
    const line = 'validate test/fixtures/err/yaml-tab.yaml --format github';
    expect((await type(line, { env })).out).toMatch(/^::error file=fixtures\/err\/yaml-tab\.yaml,/);
    expect((await type(line, { env: { GITHUB_WORKSPACE: folder } })).out).toMatch(/^::error file=test\/fixtures\//);
  });

  it('markdown of a plan that was not compiled says so, without a password', async () => {
    const env = { DATABASE_URL: 'mysql://u:s3cret@h/d' };
    const { exit, out, err } = await type('plan test/fixtures/ok/smallest.yaml --format markdown', { env });
    expect(exit).toBe(1);
    expect(out).toMatch(
      /^✖ \*\*Plan `test\/fixtures\/ok\/smallest\.yaml`\*\* is \*\*refused\*\*: 1 error\n\n- \*\*error LS9016\*\*/,
    );
    expect(err).toContain('error[LS9016]');
    expect(out + err).not.toContain('s3cret');
  });
});
