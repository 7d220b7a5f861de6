/**
 * An outside judge of the DDL that is sent: squawk reads what every sample of `ddl` becomes, there and back. What it finds is
 * a defect, or stands here with the reason why it is right. `prefer-robust-stmts` is off: it wants IF NOT EXISTS, which
 * reports success over an invalid index.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

import type { HazardName } from '../../../src/operation/hazard.js';
import type { StatementOperation } from '../../../src/operation/operation.js';
import { loadGrammar } from '../../../src/sql/grammar.js';
import { sampleOperations } from '../../../src/steps/ddl/sample-table.js';
import { SAMPLES, type Sample } from '../../../src/steps/ddl/samples.js';

interface Finding {
  readonly file: string;
  readonly rule_name: string;
  readonly message: string;
}

const folder = mkdtempSync(join(tmpdir(), 'lockstep-squawk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Judged {
  readonly sample: Sample;
  readonly operation: StatementOperation;
  readonly back: boolean;
}

/** Why a finding is right where it is. */
function reason(rule: string, judged: Judged): string | undefined {
  if (judged.operation.unlimited && /^require-(lock|statement)-timeout$/.test(rule))
    return 'concurrent builds and validations have none: nobody waits for them, and a timeout leaves an invalid index';
  return REASONS[rule]?.(judged);
}

type Reason = (judged: Judged) => string | undefined;

const asWritten: Reason = () => 'the author wrote this type or statement; what it is for is theirs to know';

/** On the way back of what made it, or with the author's consent to that hazard. */
function consented(hazard: HazardName): Reason {
  return ({ sample, back }) => {
    if (back) return 'it takes back what the run itself has made';
    return sample.allow?.[hazard] === undefined ? undefined : `refused without \`allow: { ${hazard} }\``;
  };
}

function either(...reasons: readonly Reason[]): Reason {
  return (judged) => reasons.map((each) => each(judged)).find((found) => found !== undefined);
}

function where(pattern: RegExp, text: string): Reason {
  return ({ operation }) => (operation.statements.some(({ sql }) => pattern.test(sql)) ? text : undefined);
}

const ofPartitions = where(/\bevents\b|events_user_id_idx|events_at_idx/, 'a partitioned table has no concurrent form');

const REASONS: Readonly<Record<string, Reason>> = {
  'prefer-bigint-over-int': asWritten,
  'prefer-text-field': asWritten,
  'ban-drop-not-null': asWritten,
  'ban-create-domain-with-constraint': asWritten,
  'ban-alter-domain-with-add-constraint': asWritten,
  'ban-char-field': where(/TYPE character varying/, 'as the server prints varchar, which is not char'),
  'ban-drop-table': consented('data_loss'),
  'ban-drop-column': consented('data_loss'),
  'renaming-column': consented('breaks_readers'),
  'renaming-table': consented('breaks_readers'),
  'changing-column-type': either(
    consented('rewrites_table'),
    where(/varchar\(200\)/, 'every value is one of the wider type already: the server changes the catalog only'),
  ),
  'adding-field-with-default': either(
    consented('rewrites_table'),
    where(/ VIRTUAL$/, 'a virtual column is stored nowhere'),
  ),
  'adding-not-nullable-field': where(
    /SET NOT NULL/,
    'a validated constraint has proved it in the transaction before, so no row is looked at',
  ),
  'constraint-missing-not-valid': either(
    consented('blocks_reads'),
    where(/events ADD CONSTRAINT events_user_id_fkey/, 'each partition has the key, valid; this attaches them'),
  ),
  'adding-foreign-key-constraint': where(
    /events ADD CONSTRAINT/,
    'each partition has the key, valid; this attaches them',
  ),
  'disallowed-unique-constraint': consented('blocks_reads'),
  'require-concurrent-index-creation': consented('blocks_writes'),
  'require-concurrent-index-deletion': ofPartitions,
};

it('finds nothing in what is sent that has no reason here', async () => {
  const grammar = await loadGrammar();
  const judged = new Map<string, Judged>();
  for (const version of [150_000, 180_000]) {
    for (const [index, sample] of SAMPLES.entries()) {
      const operations = sampleOperations(sample, version, grammar);
      const backs = operations.flatMap(({ reversal }) => (reversal.kind === 'operations' ? reversal.operations : []));
      for (const [number, operation] of [...operations, ...backs].entries()) {
        const file = join(folder, `${version}-${index}-${number}.sql`);
        judged.set(file, { sample, operation: operation as StatementOperation, back: number >= operations.length });
        writeFileSync(file, asSent(operation as StatementOperation));
      }
    }
  }
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['node_modules/squawk-cli/js/bin/squawk', '--exclude=prefer-robust-stmts', '--reporter=json', ...judged.keys()],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  expect([0, 1], stderr).toContain(status);
  const findings = JSON.parse(stdout) as readonly Finding[];
  // A judge that says nothing at all was not asked.
  expect(findings.length).toBeGreaterThan(10);
  const unexplained = findings.filter((finding) => reason(finding.rule_name, judged.get(finding.file)!) === undefined);
  expect(
    unexplained.map(
      ({ file, rule_name: rule, message }) =>
        `${rule}: ${judged
          .get(file)!
          .operation.statements.map(({ sql }) => sql)
          .join('; ')} (${message})`,
    ),
  ).toEqual([]);
});

/** With the settings of a run's transactions. */
function asSent({ statements, transactional, unlimited, lockFirst }: StatementOperation): string {
  const body = statements.map(({ sql }) => `${sql};`);
  if (!transactional) return body.join('\n');
  const limits = unlimited ? [] : ['SET LOCAL lock_timeout = 500;', 'SET LOCAL statement_timeout = 60000;'];
  const light = lockFirst.length === 0 ? [] : [`LOCK TABLE ${lockFirst.join(', ')} IN SHARE UPDATE EXCLUSIVE MODE;`];
  return ['BEGIN;', ...limits, ...light, ...body, 'COMMIT;'].join('\n');
}
