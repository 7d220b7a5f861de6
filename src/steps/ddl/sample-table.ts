/** The samples as a table: what runs for each, which locks it takes, how it is taken back. For the page of the kind. */
import { applyEffects } from '../../catalog/effects.js';
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import { resolveEffects } from '../../catalog/resolve-effects.js';
import type { Reversal, StatementOperation } from '../../operation/operation.js';
import { ddlEffectsOf } from '../../sql/ddl-effects.js';
import { isSyntaxError, type Grammar, type ParsedStatement } from '../../sql/grammar.js';
import type { LowerContext } from '../step-definition.js';
import { lowerDdl } from './lower.js';
import { SAMPLE_SCHEMA, SAMPLES, type Sample } from './samples.js';

export interface SampleRow {
  readonly about: string;
  readonly sql: string;
  readonly hazards: readonly string[];
  readonly variants: readonly SampleVariant[];
}

/** What one statement becomes on some servers. */
export interface SampleVariant {
  /** `18`, `15 to 17`; empty where all are alike. */
  readonly servers: string;
  readonly runs: readonly string[];
  readonly back: readonly string[];
}

export function sampleRows(grammar: Grammar): readonly SampleRow[] {
  return SAMPLES.map((sample) => {
    const { about, sql } = sample;
    const [now, before] = [variantOf(sample, 180_000, grammar), variantOf(sample, 150_000, grammar)];
    const alike = sample.since !== undefined || JSON.stringify(now) === JSON.stringify(before);
    const variants = alike
      ? [{ servers: sample.since === undefined ? '' : `${sample.since}`, ...now }]
      : [
          { servers: '18', ...now },
          { servers: '15 to 17', ...before },
        ];
    return { about, sql, hazards: Object.keys(sample.allow ?? {}), variants };
  });
}

function variantOf(sample: Sample, versionNum: number, grammar: Grammar): Omit<SampleVariant, 'servers'> {
  const operations = sampleOperations(sample, versionNum, grammar);
  const backs = [...operations].reverse().map(({ reversal }) => reversal);
  return { runs: operations.flatMap(linesOf), back: [...new Set(backs.flatMap(backLines))] };
}

/** What a sample is compiled to, against the schema of the samples on a server of that version. */
export function sampleOperations(sample: Sample, versionNum: number, grammar: Grammar): readonly StatementOperation[] {
  const statementsOf = (sql: string): readonly ParsedStatement[] => {
    const read = grammar.statements(sql);
    if (isSyntaxError(read)) throw new Error(`${read.message}: ${sql}`);
    return read;
  };
  const catalog = sampleCatalog(`${SAMPLE_SCHEMA}; ${sample.before ?? ''}`, versionNum, statementsOf);
  const context = { ...CONTEXT, catalog, grammar, statementsOf, allow: sample.allow ?? {} } as unknown as LowerContext;
  const { operations } = lowerDdl(
    statementsOf(sample.sql),
    context,
    () => undefined,
    () => undefined,
  );
  return operations as readonly StatementOperation[];
}

const CONTEXT = {
  step: 'sample',
  path: [],
  schema: 'public',
  rollback: { kind: 'auto' },
  locate: () => undefined,
  locateWithin: () => undefined,
  report: () => undefined,
} as const;

function sampleCatalog(sql: string, versionNum: number, statementsOf: LowerContext['statementsOf']): CatalogSnapshot {
  const server = {
    versionNum,
    version: '',
    database: '',
    user: 'owner',
    standby: false,
    deadlockTimeoutMs: 1000,
    publishesAllTables: false,
    maySuppressTriggers: false,
  };
  let catalog: CatalogSnapshot = {
    server,
    schemas: ['public'],
    relations: {},
    functions: {},
    types: [],
    extensions: [],
    objects: {},
  };
  for (const statement of statementsOf(sql)) {
    catalog = applyEffects(catalog, resolveEffects(catalog, ddlEffectsOf(statement), 'public').effects);
  }
  return catalog;
}

/** A line per statement, with the locks of its operation behind the last. */
function linesOf({ statements, locks, unlimited }: StatementOperation): readonly string[] {
  const modes = [...new Set(locks.map(({ mode }) => mode))];
  const held = modes.map((mode) => {
    const of = locks.filter((lock) => lock.mode === mode).map(({ relation }) => relation.replace('public.', ''));
    return `${mode} on ${of.join(', ')}`;
  });
  const told = [...held, ...(unlimited ? ['no timeouts'] : [])].join('; ');
  return statements.map(({ sql }, index) => {
    const shown = `\`${sql.replaceAll('public.', '')}\``;
    return index === statements.length - 1 && told !== '' ? `${shown} (${told})` : shown;
  });
}

function backLines(reversal: Reversal): readonly string[] {
  if (reversal.kind === 'irreversible') return [`none: ${reversal.reason}`];
  return reversal.kind === 'nothing'
    ? []
    : reversal.operations.flatMap((operation) => linesOf(operation as StatementOperation));
}
