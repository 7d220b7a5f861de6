/** What stands on a converted column and would stay behind: named before anything runs, each with its remedy. */
import { report } from '../../catalog/scope.js';
import { sqlName } from '../../mapping/mapping.js';
import { relationKey } from '../../sql/identifier.js';
import { withColumnRenamed } from '../../sql/renamed-text.js';
import { affectedPolicies } from '../../windows/inside-tables/affected-policies.js';
import { affectedViews, meansConverted, type AffectedView } from '../../windows/inside-tables/affected-views.js';
import { relationsOf, type TwinTable } from '../../windows/inside-tables/columns-window.js';
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
  for (const [table, relation] of tables.flatMap((one) => relationsOf(one).map((each) => [one, each] as const))) {
    const shown = sqlName(relation);
    const above = context.catalog.relations[relation.partition ? relationKey(relation.parent!) : ''];
    const mentions = (text: string | undefined | null): boolean =>
      text != null && table.twins.some(({ old }) => withColumnRenamed(text, old, `${old}?`) !== text);
    if (relation.parent !== undefined && !relation.partition)
      refuse(
        'LS6604',
        `\`${shown}\` inherits from \`${relation.parent.name}\`.`,
        'NO INHERIT first, or use partitions',
      );
    for (const column of relation.columns) {
      if (column.published !== undefined && table.twins.some(({ old }) => old === column.name))
        refuse(
          'LS6606',
          `${column.published.map((name) => `\`${name}\``).join(', ')} publishes \`${shown}\` by its column \`${column.name}\`.`,
          'ALTER PUBLICATION … SET TABLE without it in a step before, and with it again behind the cutover',
        );
      if (column.generated !== 'no' && mentions(column.default))
        refuse('LS6606', `\`${shown}.${column.name}\` is computed from the key: ${column.default}.`, again);
    }
    for (const { kind, name, definition } of ownOf(relation.constraints, above?.constraints)) {
      if ((kind === 'check' || kind === 'exclusion') && mentions(definition))
        refuse('LS6606', `\`${name}\` of \`${shown}\`: ${definition}.`, again);
      if (kind === 'foreign key' && mentions(definition) && /SET DEFAULT/.test(definition))
        refuse('LS6606', `\`${name}\` of \`${shown}\` sets a default: ${definition}.`, 'write another action');
      if ((kind === 'unique' || kind === 'primary key') && mentions(definition) && /DEFERRABLE/.test(definition))
        refuse('LS6604', `\`${name}\` of \`${shown}\` is deferrable.`, 'make it NOT DEFERRABLE first');
    }
    for (const index of relation.indexes) {
      if (!mentions(index.definition) || index.partOf !== undefined) continue;
      if (!index.valid)
        refuse('LS6604', `\`${index.name}\` of \`${shown}\` is not valid.`, 'REINDEX INDEX CONCURRENTLY, or drop it');
      const sorted = sortsOtherwise(index.definition, table);
      if (sorted)
        refuse(
          'LS6606',
          `\`${index.name}\` of \`${shown}\` has an operator class or a collation that a uuid has not: ${index.definition}.`,
          again,
        );
      if (asksTheKey(index.definition, table))
        refuse(
          'LS6606',
          `the condition of \`${index.name}\` of \`${shown}\` asks the key: ${index.definition}.`,
          again,
        );
      if (index.keys.includes(null) && mentionsInExpression(index.definition, index.keys, table))
        refuse('LS6606', `\`${index.name}\` of \`${shown}\` computes from the key: ${index.definition}.`, again);
    }
    for (const [key, facts] of Object.entries(context.catalog.objects)) {
      if (facts.partOf !== shown || !/^(policy|rule|statistics object) /.test(key)) continue;
      if (key.startsWith('policy ') && facts.definition !== null) continue;
      if (facts.definition === null || mentions(facts.definition))
        refuse('LS6606', `${key}${facts.definition === null ? '' : `: ${facts.definition}`}.`, again);
    }
    for (const { name, definition } of ownOf(relation.triggers, above?.triggers)) {
      const head = definition.slice(0, definition.indexOf(' ON '));
      if (/ UPDATE OF /.test(head) && mentions(head.slice(head.indexOf(' UPDATE OF '))))
        refuse('LS6606', `\`${name}\` of \`${shown}\` fires when the key is updated.`, again);
      if (
        /^CREATE (CONSTRAINT )?TRIGGER .* WHEN \(/s.test(definition) &&
        mentions(definition.slice(definition.indexOf(' WHEN (')))
      )
        refuse('LS6606', `the condition of \`${name}\` of \`${shown}\` asks the key.`, again);
      if (/ BEFORE /.test(definition) && Buffer.compare(Buffer.from(name), Buffer.from('~ ')) > 0)
        refuse(
          'LS6604',
          `\`${name}\` of \`${shown}\` would fire behind ours.`,
          'ALTER TRIGGER … RENAME TO a name that begins with a letter',
        );
    }
  }
  sound = functionsFollow(tables, context, refuse) && sound;
  refuseOnViews(tables, context, (detail) => refuse('LS6606', detail, again));
  return sound;
}

/** What stands on a view that is made again, and would be in the way; and rules of other tables. */
function refuseOnViews(tables: readonly TwinTable[], context: LowerContext, refuse: (detail: string) => void): void {
  const { catalog, statementsOf } = context;
  const views = affectedViews(tables, catalog, statementsOf);
  const policies = affectedPolicies(tables, views, catalog, statementsOf);
  const keyOf = ({ kind, name }: AffectedView): string => `${kind} ${name}`;
  const madeAgain = new Set([...views.map(keyOf), ...policies.map(({ key }) => key)]);
  if (policies.length > 0)
    report(context, CONVERT_CODES, 'LS6609', context.locate(context.path), {
      severity: 'warning',
      detail: `${firstOf(policies.map(({ key }) => key))}.`,
      help: 'read them: the cutover makes them again with the same text, and what they compare with has to be a new key then',
    });
  for (const view of views) {
    if (view.kind === 'materialized view') refuse(`the materialized view \`${view.name}\` reads it.`);
    for (const user of catalog.objects[keyOf(view)]?.usedBy ?? [])
      if (!madeAgain.has(user)) refuse(`${user} stands on the view \`${view.name}\`, which reads it.`);
  }
  for (const [key, { definition, partOf }] of Object.entries(catalog.objects)) {
    if (!key.startsWith('rule ') || definition === null) continue;
    if (tables.flatMap(relationsOf).some((relation) => sqlName(relation) === partOf)) continue;
    if (views.some(({ name }) => name === partOf)) continue;
    if (statementsOf(definition).some((statement) => meansConverted(statement, tables, views)))
      refuse(`${key}: ${definition}.`);
  }
}

/** Without what comes from the table above, which is told of that. */
function ownOf<T extends { readonly name: string }>(all: readonly T[], above: readonly T[] = []): readonly T[] {
  return all.filter(({ name }) => !above.some((each) => each.name === name));
}

/**
 * A body in SQL that was parsed when it was made stands on the columns themselves; any other is text, and means what has the name
 * when it is run: that is shown, so that somebody reads it.
 */
function functionsFollow(
  tables: readonly TwinTable[],
  context: LowerContext,
  refuse: (code: 'LS6606', detail: string, help: string) => void,
): boolean {
  const named = functionsThatName(tables, context);
  const parsed = named.filter((key) => isParsed(context.catalog.objects[key]!.definition!));
  for (const key of parsed)
    refuse(
      'LS6606',
      `${key} was parsed with the old key.`,
      'drop it in a step before, and make it again behind the cutover',
    );
  const read = named.filter((key) => !parsed.includes(key));
  if (read.length > 0)
    report(context, CONVERT_CODES, 'LS6609', context.locate(context.path), {
      severity: 'warning',
      detail: `${firstOf(read)}.`,
      help: 'read them: after the cutover the names mean the new keys; parameters and variables of the old type do not fit them',
    });
  return parsed.length === 0;
}

function firstOf(keys: readonly string[]): string {
  return `${keys.slice(0, 20).join(', ')}${keys.length > 20 ? `, and ${keys.length - 20} more` : ''}`;
}

function isParsed(definition: string): boolean {
  return /\bBEGIN ATOMIC\b|^RETURN /m.test(definition);
}

/** Keys of functions and procedures whose text has the names of a table and of a converted column of it. */
export function functionsThatName(tables: readonly TwinTable[], { catalog }: LowerContext): readonly string[] {
  return Object.entries(catalog.objects).flatMap(([key, { definition }]) => {
    if (!/^(function|procedure) /.test(key) || definition === null) return [];
    const words = new Set(definition.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu));
    const isMeant = tables.some(
      ({ relation, parts, twins }) =>
        [relation, ...parts].some(({ name }) => words.has(name.toLowerCase())) &&
        twins.some(({ old }) => words.has(old.toLowerCase())),
    );
    return isMeant ? [key] : [];
  });
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

/** Whether there is one, and whether two are one, means the same of both keys; anything else of an old one means nothing of a uuid. */
function asksTheKey(definition: string, { twins }: TwinTable): boolean {
  const at = definition.lastIndexOf(' WHERE ');
  if (at === -1) return false;
  const condition = twins.reduce((text, { old }) => withColumnRenamed(text, old, MARK), definition.slice(at));
  const [key, two] = [`"${MARK}"`, '(=|<>|IS (NOT )?DISTINCT FROM)'].map((text) => text.replaceAll('?"', '\\?"'));
  return condition
    .replaceAll(new RegExp(`${key!} IS (NOT )?NULL`, 'g'), '')
    .replaceAll(new RegExp(`${key!} ${two!} ${key!}`, 'g'), '')
    .includes(MARK);
}

/** A name that needs its quotes, and that nobody has. */
const MARK = 'the key?';
