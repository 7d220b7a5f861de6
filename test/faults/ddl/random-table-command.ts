/** One command of an ALTER TABLE, and what follows the table's name in a CREATE INDEX. */
import { quoteIdentifier, relationKey } from '../../../src/sql/identifier.js';
import type { Model, ModelColumn, ModelTable } from './catalog-model.js';
import type { Choice } from './random-choice.js';
import { randomName } from './random-name.js';
import { conditionOn, isNumber, isText, randomType } from './random-value.js';

type Command = (table: ModelTable, model: Model, choice: Choice) => string | undefined;

const q = quoteIdentifier;

export function tableCommand(table: ModelTable, model: Model, choice: Choice): string | undefined {
  return choice.weighted(COMMANDS)(table, model, choice);
}

const addColumn: Command = (table, model, choice) => {
  const name = randomName(choice, new Set(table.columns.map((column) => column.name)));
  const of = randomType(choice);
  const missing = choice.chance(0.1) ? 'IF NOT EXISTS ' : '';
  const number = table.columns.find(({ type, generated }) => isNumber(type) && !generated);
  const value = choice.one(of.defaults);
  const target = keyed(model, choice);
  const rest = choice.weighted<string | undefined>([
    [5, of.type],
    [3, `${of.type} DEFAULT ${value}`],
    [3, `${of.type} NOT NULL DEFAULT ${value}`],
    [
      1,
      `${of.type} CONSTRAINT ${q(`${name} set`.slice(0, 30))} NOT NULL DEFAULT ${value} CHECK (${conditionOn(q(name), of.type)})`,
    ],
    [2, `${of.type} UNIQUE`],
    [2, `${of.type} CHECK (${conditionOn(q(name), of.type)}) DEFAULT ${value}`],
    [2, 'uuid DEFAULT gen_random_uuid()'],
    [2, `bigint GENERATED ${choice.one(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY`],
    [1, choice.one(['serial', 'bigserial'])],
    [1, number && `numeric GENERATED ALWAYS AS (${q(number.name)} * 2) STORED`],
    [model.major >= 18 ? 2 : 0, number && `numeric GENERATED ALWAYS AS (${q(number.name)} * 2) VIRTUAL`],
    [
      2,
      target &&
        `${target.type} REFERENCES ${relationKey(target)} (${q(target.column)})${choice.chance(0.3) ? ' ON DELETE SET NULL' : ''}`,
    ],
  ]);
  return rest && `ADD COLUMN ${missing}${q(name)} ${rest}`;
};

const setDefault: Command = (table, _, choice) => {
  const column = choice.maybeOne(table.columns.filter(({ generated, identity }) => !generated && !identity));
  if (column === undefined) return undefined;
  const value = isNumber(column.type) ? '3 + 4' : isText(column.type) ? `'x, y'` : 'NULL';
  return `ALTER COLUMN ${q(column.name)} SET DEFAULT ${value}`;
};

const dropDefault: Command = (table, _, choice) => {
  const column = choice.maybeOne(table.columns.filter(({ hasDefault, generated }) => hasDefault && !generated));
  return column && `ALTER COLUMN ${q(column.name)} DROP DEFAULT`;
};

const setNotNull: Command = (table, _, choice) => {
  const column = choice.maybeOne(table.columns.filter(({ notNull }) => choice.chance(0.05) || !notNull));
  return column && `ALTER ${choice.chance(0.5) ? 'COLUMN ' : ''}${q(column.name)} SET NOT NULL`;
};

const dropNotNull: Command = (table, _, choice) => {
  const column = choice.maybeOne(table.columns.filter(({ notNull, identity }) => notNull && !identity));
  return column && `ALTER COLUMN ${q(column.name)} DROP NOT NULL`;
};

const WIDER: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^smallint$/, ['integer', 'bigint']],
  [/^integer$/, ['bigint', 'int8']],
  [/^character varying\(\d+\)$/, ['varchar(300)', 'text', 'character varying']],
  [/^text$/, ['varchar']],
  [/^numeric\(10,2\)$/, ['numeric(14,2)', 'numeric', 'decimal(12, 2)']],
];

const changeType: Command = (table, _, choice) => {
  const fitting = table.columns.flatMap((column) =>
    WIDER.filter(([type]) => type.test(column.type)).map(([, wider]) => [column, wider] as const),
  );
  const found = choice.maybeOne(fitting);
  return (
    found && `ALTER COLUMN ${q(found[0].name)} ${choice.chance(0.3) ? 'SET DATA ' : ''}TYPE ${choice.one(found[1])}`
  );
};

export const addForeignKey: Command = (table, model, choice) => {
  const target = keyed(model, choice);
  const column = target && choice.maybeOne(table.columns.filter(({ type }) => type === target.type));
  if (target === undefined || column === undefined) return undefined;
  const columns = target.primary && choice.chance(0.4) ? '' : ` (${q(target.column)})`;
  const extra = choice.weighted([
    [6, ''],
    [1, ' NOT VALID'],
    [1, ' ON UPDATE CASCADE'],
    [1, ' DEFERRABLE INITIALLY DEFERRED'],
  ] as const);
  return `ADD ${named(table, choice)}FOREIGN KEY (${q(column.name)}) REFERENCES ${relationKey(target)}${columns}${extra}`;
};

const addCheck: Command = (table, _, choice) => {
  const columns = choice.some(table.columns, choice.between(1, 2));
  if (columns.length === 0) return undefined;
  const condition = columns.map(({ name, type }) => conditionOn(q(name), type)).join(') AND (');
  return `ADD ${named(table, choice)}CHECK ((${condition}))${choice.chance(0.2) ? ' NOT VALID' : ''}`;
};

const addKey: Command = (table, _, choice) => {
  const columns = choice.some(table.columns, choice.between(1, 2)).map(({ name }) => q(name));
  if (columns.length === 0) return undefined;
  const primary = choice.chance(0.3);
  const kind = primary ? 'PRIMARY KEY' : choice.chance(0.15) ? 'UNIQUE NULLS NOT DISTINCT' : 'UNIQUE';
  const extra = choice.weighted([
    [7, ''],
    [1, ' DEFERRABLE'],
    [1, ' WITH (fillfactor = 70)'],
    [1, ` INCLUDE (${q(choice.one(table.columns).name)})`],
  ] as const);
  const deferred = extra === ' DEFERRABLE' && choice.chance(0.5) ? ' INITIALLY DEFERRED' : '';
  return `ADD ${named(table, choice)}${kind} (${columns.join(', ')})${extra}${deferred}`;
};

export const constraintOfIndex: Command = (table, _, choice) => {
  const index = choice.maybeOne(table.indexes.filter(({ unique, bound }) => unique && !bound));
  return index && `ADD ${named(table, choice)}UNIQUE USING INDEX ${q(index.name)}`;
};

const addExclusion: Command = (table, _, choice) => {
  const column = choice.maybeOne(table.columns);
  return column && `ADD ${named(table, choice)}EXCLUDE (${q(column.name)} WITH =)`;
};

const addNotNull: Command = (table, { major }, choice) => {
  const column = choice.maybeOne(table.columns.filter(({ notNull }) => !notNull));
  if (major < 18 || column === undefined) return undefined;
  return `ADD ${named(table, choice)}NOT NULL ${q(column.name)}${choice.chance(0.3) ? ' NOT VALID' : ''}`;
};

const dropConstraint: Command = (table, _, choice) => {
  if (choice.chance(0.05)) return 'DROP CONSTRAINT IF EXISTS "not there"';
  const constraint = choice.maybeOne(table.constraints);
  return constraint && `DROP CONSTRAINT ${q(constraint.name)}`;
};

const validate: Command = (table, _, choice) => {
  const constraint = choice.maybeOne(table.constraints.filter(({ validated }) => !validated || choice.chance(0.1)));
  return constraint && `VALIDATE CONSTRAINT ${q(constraint.name)}`;
};

export const rowSecurity: Command = (_, __, choice) =>
  choice.one([
    'ENABLE ROW LEVEL SECURITY',
    'DISABLE ROW LEVEL SECURITY',
    'FORCE ROW LEVEL SECURITY',
    'NO FORCE ROW LEVEL SECURITY',
  ]);

const trigger: Command = (table, _, choice) => {
  const name = choice.maybeOne(table.triggers);
  return name && `${choice.one(['ENABLE', 'DISABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA'])} TRIGGER ${q(name)}`;
};

const COMMANDS: readonly (readonly [number, Command])[] = [
  [12, addColumn],
  [4, setDefault],
  [4, dropDefault],
  [6, setNotNull],
  [4, dropNotNull],
  [4, changeType],
  [6, addForeignKey],
  [5, addCheck],
  [7, addKey],
  [4, constraintOfIndex],
  [2, addExclusion],
  [2, addNotNull],
  [9, dropConstraint],
  [5, validate],
  [3, rowSecurity],
  [1, trigger],
];

/** `(columns) INCLUDE (…) WHERE …` */
export function indexBody(table: ModelTable, choice: Choice): string {
  const columns = choice.some(table.columns, choice.between(1, 2));
  const elements = columns.map((column) => element(column, choice));
  const included = choice.chance(0.1) ? ` INCLUDE (${q(choice.one(table.columns).name)})` : '';
  const [first] = columns;
  const where = choice.chance(0.2) ? ` WHERE ${conditionOn(q(first!.name), first!.type)}` : '';
  const method = elements.length === 1 && choice.chance(0.1) ? 'USING hash ' : '';
  return `${method}(${elements.join(', ')})${included}${choice.chance(0.1) ? ' WITH (fillfactor = 80)' : ''}${where}`;
}

function element({ name, type }: ModelColumn, choice: Choice): string {
  const column = q(name);
  if (isText(type) && choice.chance(0.3))
    return choice.one([
      `lower(${column})`,
      `(${column} || 'x')`,
      `${column} text_pattern_ops`,
      `${column} COLLATE "C"`,
    ]);
  if (isNumber(type) && choice.chance(0.2))
    return choice.one([`(${column} + 1)`, `abs(${column})`, `coalesce(${column}, 0)`]);
  return choice.chance(0.15) ? `${column} DESC NULLS LAST` : column;
}

function named(table: ModelTable, choice: Choice): string {
  if (choice.chance(0.4)) return '';
  return `CONSTRAINT ${q(randomName(choice, new Set(table.constraints.map(({ name }) => name))))} `;
}

interface Keyed {
  readonly schema: string;
  readonly name: string;
  readonly column: string;
  readonly type: string;
  readonly primary: boolean;
}

/** A table that a foreign key of one column may point to. */
function keyed({ relations }: Model, choice: Choice): Keyed | undefined {
  return choice.maybeOne(
    relations.flatMap(({ schema, name, columns, constraints }) =>
      constraints
        .filter(({ kind, columns: keys }) => (kind === 'p' || kind === 'u') && keys.length === 1)
        .map(({ kind, columns: [column] }) => {
          const { type } = columns.find((each) => each.name === column)!;
          return { schema, name, column: column!, type, primary: kind === 'p' };
        }),
    ),
  );
}
