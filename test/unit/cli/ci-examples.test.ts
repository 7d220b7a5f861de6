/** The workflows that people copy: each command line in them is one that the program understands, and nobody gets more than it needs. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '../../../src/cli/program.js';

const GITHUB = 'examples/ci/github/lockstep.yml';
const GITLAB = 'examples/ci/gitlab/.gitlab-ci.yml';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly needs?: string | readonly string[];
  readonly steps: readonly Step[];
}

const workflow = parse(readFileSync(GITHUB, 'utf8')) as {
  readonly on: object;
  readonly permissions: object;
  readonly jobs: Readonly<Record<'validate' | 'plan' | 'comment' | 'apply', Job>>;
};

/** Every text in a document, however deep it stands. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** What a shell would hand to the program: to the end of the command, without quotes; a variable stands for one word. */
function commandLines(text: string): readonly (readonly string[])[] {
  const uncommented = text.replaceAll(/^\s*#.*$/gm, '');
  const found = uncommented.matchAll(/(?:\bnpx |^)lockstep ((?:"[^"\n]*"|'[^'\n]*'|[^"'\n|;&<>#`)])+)/gm);
  return [...found].map(([, line]) =>
    [...line!.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2] ?? word[3]!),
  );
}

/** Throws what the program would say. */
function understood(words: readonly string[]): string {
  let command = '';
  const program = buildProgram('0', (chosen) => (command = chosen.command));
  for (const each of [program, ...program.commands])
    each.exitOverride().configureOutput({ outputError: () => undefined });
  program.parse(words, { from: 'user' });
  return command;
}

const shellBlocks = (file: string): string =>
  [...readFileSync(file, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!).join('\n');

describe('the command lines', () => {
  it.each([
    [GITHUB, ['validate', 'plan', 'apply']],
    [GITLAB, ['validate', 'plan', 'apply']],
  ])('of %s are understood', (file, commands) => {
    const lines = textsOf(parse(readFileSync(file, 'utf8'))).flatMap(commandLines);
    expect(lines.map(understood)).toEqual(commands);
  });

  it.each(['examples/ci/README.md', 'docs/pull-requests.md'])('of %s are understood', (file) => {
    const lines = commandLines(shellBlocks(file));
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) understood(line);
  });

  it('would not be, with a flag that is not there', () => {
    const [line = []] = commandLines('code=0; npx lockstep plan "$PLAN" --format markdwon > plan.md || code=$?');
    expect(line).toEqual(['plan', '$PLAN', '--format', 'markdwon']);
    expect(() => understood(line)).toThrow(/Allowed choices are plain, markdown/);
    expect(() => understood(['apply', 'x', '--expect-digset', 'y'])).toThrow(/unknown option/);
  });
});

describe('the GitHub workflow', () => {
  const { jobs } = workflow;
  const secretsOf = (job: Job): readonly string[] => textsOf(job).filter((text) => text.includes('secrets.'));

  it('allows nothing but what a job asks for, and writing only to the one that runs no code of the repository', () => {
    expect(workflow.permissions).toEqual({});
    const permissions = Object.entries(jobs).map(([name, job]) => [name, job.permissions]);
    expect(Object.fromEntries(permissions)).toEqual({
      validate: { contents: 'read' },
      plan: { contents: 'read' },
      comment: { 'pull-requests': 'write' },
      apply: { contents: 'read' },
    });
    expect(jobs.comment.steps.map(({ uses }) => uses?.replace(/@.*/, ''))).toEqual([
      'actions/download-artifact',
      undefined,
    ]);
  });

  it('hands no secret to forks: the event without secrets, and a condition before the job that has one', () => {
    expect(Object.keys(workflow.on)).toEqual(['pull_request', 'push']);
    expect(secretsOf(jobs.validate)).toEqual([]);
    expect(secretsOf(jobs.comment)).toEqual([]);
    expect(jobs.plan.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(jobs.apply.if).toContain("github.event_name == 'push'");
  });

  it('has the database that is written to only behind the environment that is approved', () => {
    expect(secretsOf(jobs.apply)).toEqual(['${{ secrets.LOCKSTEP_APPLY_DATABASE_URL }}']);
    expect(secretsOf(jobs.plan)).toEqual(['${{ secrets.LOCKSTEP_PLAN_DATABASE_URL }}']);
    expect(jobs.apply.environment).toBe('production');
  });

  it('puts no text of a pull request into a script', () => {
    for (const { run = '' } of Object.values(jobs).flatMap(({ steps }) => steps)) expect(run).not.toContain('${{');
  });
});
