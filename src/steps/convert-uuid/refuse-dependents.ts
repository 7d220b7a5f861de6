/** What stands on a converted column and would stay behind: named before anything runs, each with its remedy. */
import { report } from '../../catalog/scope.js';
import { withColumnRenamed } from '../../sql/renamed-text.js';
import { affectedViews } from '../../windows/affected-views.js';
import type { TwinTable } from '../../windows/column-window.js';
import type { LowerContext } from '../step-definition.js';
import { CONVERT_CODES } from './codes.js';

/** True where nothing was refused. */
export function nothingIsLeftBehind(tables: readonly TwinTable[], context: LowerContext): boolean {
  let sound = true;
  const refuse = (code: 'LS6604' | 'LS6606', detail: string, help: string): void => {
    sound = false;
    report(context, CONVERT_CODES, code, context.locate(context.path), { detail, help });
  };
  const again = 'drop it in a step before, and make it again behind the cutover';
  for (const table of tables) {
    const { relation } = table;
    const mentions = (text: string | undefined | null): boolean =>
      text != null && table.twins.some(({ old }) => withColumnRenamed(text, old, `${old}?`) !== text);
    for (const column of relation.columns) {
      if (column.generated !== 'no' && mentions(column.default))
        refuse('LS6606', `\`${table.name}.${column.name}\` is computed from the key: ${column.default}.`, again);
    }
    for (const { kind, name, definition } of relation.constraints) {
      if ((kind === 'check' || kind === 'exclusion') && mentions(definition))
        refuse('LS6606', `\`${name}\` of \`${table.name}\`: ${definition}.`, again);
      if (kind === 'foreign key' && mentions(definition) && /SET DEFAULT/.test(definition))
        refuse('LS6606', `\`${name}\` of \`${table.name}\` sets a default: ${definition}.`, 'write another action');
      if ((kind === 'unique' || kind === 'primary key') && mentions(definition) && /DEFERRABLE/.test(definition))
        refuse('LS6604', `\`${name}\` of \`${table.name}\` is deferrable.`, 'make it NOT DEFERRABLE first');
    }
    for (const index of relation.indexes) {
      if (!mentions(index.definition)) continue;
      if (!index.valid)
        refuse(
          'LS6604',
          `\`${index.name}\` of \`${table.name}\` is not valid.`,
          'REINDEX INDEX CONCURRENTLY, or drop it',
        );
      const sorted = sortsOtherwise(index.definition, table);
      if (sorted)
        refuse(
          'LS6606',
          `\`${index.name}\` of \`${table.name}\` has an operator class or a collation that a uuid has not: ${index.definition}.`,
          again,
        );
      if (asksTheKey(index.definition, table))
        refuse(
          'LS6606',
          `the condition of \`${index.name}\` of \`${table.name}\` asks the key: ${index.definition}.`,
          again,
        );
      if (index.keys.includes(null) && mentionsInExpression(index.definition, index.keys, table))
        refuse('LS6606', `\`${index.name}\` of \`${table.name}\` computes from the key: ${index.definition}.`, again);
    }
    for (const [key, facts] of Object.entries(context.catalog.objects)) {
      if (facts.partOf !== table.name || !/^(policy|rule|statistics object) /.test(key)) continue;
      if (facts.definition === null || mentions(facts.definition))
        refuse('LS6606', `${key}${facts.definition === null ? '' : `: ${facts.definition}`}.`, again);
    }
    for (const { name, definition } of relation.triggers) {
      if (
        /^CREATE (CONSTRAINT )?TRIGGER .* WHEN \(/s.test(definition) &&
        mentions(definition.slice(definition.indexOf(' WHEN (')))
      )
        refuse('LS6606', `the condition of \`${name}\` of \`${table.name}\` asks the key.`, again);
      if (/ BEFORE /.test(definition) && Buffer.compare(Buffer.from(name), Buffer.from('~ ')) > 0)
        refuse(
          'LS6604',
          `\`${name}\` of \`${table.name}\` would fire behind ours.`,
          'ALTER TRIGGER … RENAME TO a name that begins with a letter',
        );
    }
  }
  for (const view of affectedViews(
    tables.map(({ name }) => name),
    context.catalog,
    context.statementsOf,
  )) {
    if (view.kind === 'materialized view') refuse('LS6606', `the materialized view \`${view.name}\` reads it.`, again);
  }
  return sound;
}

function mentionsInExpression(definition: string, keys: readonly (string | null)[], { twins }: TwinTable): boolean {
  const expression = /\(\(.*\)\)|\w+\(.*\)/s.exec(definition.slice(definition.indexOf('(')))?.[0] ?? '';
  return twins.some(({ old }) => withColumnRenamed(expression, old, `${old}?`) !== expression && !keys.includes(old));
}

/** By another operator class or collation than that of its type. */
function sortsOtherwise(definition: string, { twins }: TwinTable): boolean {
  const where = definition.lastIndexOf(' WHERE ');
  const keys = where === -1 ? definition : definition.slice(0, where);
  return twins.some(({ old }) => {
    const renamed = withColumnRenamed(keys, old, MARK);
    return new RegExp(`"the key\\?" (COLLATE|(?!ASC|DESC|NULLS|INCLUDE|WITH)[\\w".]+)`).test(renamed);
  });
}

/** Whether there is one means the same of both keys; anything else of an old one means nothing of a uuid. */
function asksTheKey(definition: string, { twins }: TwinTable): boolean {
  const at = definition.lastIndexOf(' WHERE ');
  if (at === -1) return false;
  return twins.some(({ old }) => {
    const condition = withColumnRenamed(definition.slice(at), old, MARK);
    return condition.replaceAll(`"${MARK}" IS NOT NULL`, '').replaceAll(`"${MARK}" IS NULL`, '').includes(MARK);
  });
}

/** A name that needs its quotes, and that nobody has. */
const MARK = 'the key?';
