/** `sql`: statements that the plan's author wrote, in one transaction, with the statements that take them back. */
import type { RelationName } from '../../catalog/catalog-snapshot.js';
import { report } from '../../catalog/scope.js';
import type { CatalogEffect } from '../../catalog/effects.js';
import { resolveEffects } from '../../catalog/resolve-effects.js';
import { list, name, object, sql as sqlText } from '../../kernel/json-schema.js';
import type { Reversal } from '../../operation/operation.js';
import { ddlEffectsOf } from '../../sql/ddl-effects.js';
import { readStatements } from '../../sql/fragment.js';
import type { ParsedStatement } from '../../sql/grammar.js';
import { parseName, relationKey } from '../../sql/identifier.js';
import { touchedBy } from '../../sql/touch.js';
import { statementOperation } from '../statement-operation.js';
import type { LowerContext, StepContext, StepDefinition } from '../step-definition.js';
import { touchesOf } from '../touches.js';
import { SQL_STEP_CODES } from './codes.js';

interface SqlFields {
  readonly up: string;
  readonly down?: string;
  readonly transaction?: boolean;
  readonly creates?: readonly string[];
}

export const sql: StepDefinition<SqlFields> = {
  kind: 'sql',
  summary: 'Runs statements of your own in one transaction, and takes them back with `down`.',
  example: `- id: seed
  sql:
    up: INSERT INTO plans (name) VALUES ('free')
    down: DELETE FROM plans WHERE name = 'free'`,
  schema: object(
    'Statements, and the statements that take them back.',
    {
      up: sqlText('statements', 'what is run, in one transaction'),
      down: sqlText('statements', 'what takes it back, in one transaction'),
      transaction: {
        type: 'boolean',
        description: 'false: one statement outside any transaction, where the server demands that',
      },
      creates: list(name('relation', 'a table or view'), 'what later steps may use that the text does not show'),
    },
    ['up'],
  ),
  check(fields, context) {
    if (fields.down === undefined && context.rollback.kind === 'auto') {
      const help = "add `down`, or consent with `rollback: { none: 'why it needs no way back' }`";
      report(context, SQL_STEP_CODES, 'LS6301', context.locate(context.path, 'key'), {
        detail: `Nothing says how \`${context.step}\` is taken back.`,
        help,
      });
    }
    checkTransaction(fields, 'up', context);
    checkTransaction(fields, 'down', context);
  },
  lower(fields, context) {
    const statements = context.statementsOf(fields.up);
    const touches = touchesOf(statements, context);
    if (touches.unknown !== undefined) {
      const told = {
        detail: `It cannot be known what the text touches: ${touches.unknown}.`,
        severity: 'warning',
        help: 'put statements into the step instead of code',
      } as const;
      report(context, SQL_STEP_CODES, 'LS6304', context.locate([...context.path, 'up']), told);
    }
    const transactional = fields.transaction ?? true;
    const operation = statementOperation(`${context.step}/sql`, context.step, statements, touches, transactional);
    const reversal = wayBack(fields, context);
    return {
      operations: [
        { ...operation, writes: [...new Set([...operation.writes, ...declaredBy(fields, context)])], reversal },
      ],
      preconditions: [],
      effects: effectsOf(statements, fields, context),
    };
  },
};

function checkTransaction(fields: SqlFields, part: 'up' | 'down', context: StepContext): void {
  const text = fields[part];
  const read = text === undefined ? undefined : readStatements(context.grammar, text);
  if (read?.ok !== true) return;
  const path = [...context.path, part];
  const at = (statement: ParsedStatement): ReturnType<StepContext['locateWithin']> =>
    context.locateWithin(path, statement.start, statement.end);
  const outside = read.value.filter((statement) => touchedBy(statement.node).nonTransactional);
  if (fields.transaction === false) {
    const [, second] = read.value;
    if (second === undefined) return;
    report(context, SQL_STEP_CODES, 'LS6303', at(second), {
      detail: 'A second statement begins here.',
      help: 'give each statement a step of its own',
    });
  } else if (outside[0] !== undefined) {
    const detail = `\`${touchedBy(outside[0].node).kind}\`, as it is written here, cannot run inside a transaction.`;
    report(context, SQL_STEP_CODES, 'LS6302', at(outside[0]), {
      detail,
      help: 'put it alone into a step with `transaction: false`',
    });
  }
}

/** `rollback` of the step comes before `down`. */
function wayBack(fields: SqlFields, context: LowerContext): Reversal {
  if (context.rollback.kind === 'none') return { kind: 'irreversible', reason: context.rollback.reason };
  if (context.rollback.kind === 'sql') return { kind: 'nothing', reason: 'the step says its own way back' };
  if (fields.down === undefined) return { kind: 'irreversible', reason: 'nothing says how it is taken back' };
  const statements = context.statementsOf(fields.down);
  const transactional = fields.transaction ?? true;
  const id = `undo/${context.step}/sql`;
  return {
    kind: 'operations',
    operations: [statementOperation(id, context.step, statements, touchesOf(statements, context), transactional)],
  };
}

/** What the text says, then what it does not show. */
function effectsOf(
  statements: readonly ParsedStatement[],
  fields: SqlFields,
  context: LowerContext,
): readonly CatalogEffect[] {
  const foretold = resolveEffects(context.catalog, statements.flatMap(ddlEffectsOf), context.schema);
  const declared = declaredNames(fields, context).map((relation): CatalogEffect => ({
    kind: 'relation declared',
    relation,
  }));
  return [...foretold.effects, ...declared];
}

function declaredBy(fields: SqlFields, context: LowerContext): readonly string[] {
  return declaredNames(fields, context).map(relationKey);
}

function declaredNames({ creates = [] }: SqlFields, { schema }: LowerContext): readonly RelationName[] {
  return creates.flatMap((text) => {
    const parsed = parseName(text);
    if (!parsed.ok) return [];
    const [first, second] = parsed.parts;
    return [second === undefined ? { schema, name: first! } : { schema: first!, name: second }];
  });
}
