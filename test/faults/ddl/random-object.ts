/**
 * Statements about what is no table: views, functions, triggers, types and words about all of them. Names come from small
 * pools, whatever is there under them: the server says which of the statements can run.
 */
import { quoteIdentifier, quoteLiteral, relationKey } from '../../../src/sql/identifier.js';
import type { Model, ModelTable } from './catalog-model.js';
import type { Choice } from './random-choice.js';

type Maker = (table: ModelTable, choice: Choice, model: Model) => string;

const q = quoteIdentifier;
const of = (...names: readonly string[]): readonly string[] => names.map(q);
const [VIEWS, COUNTS, FUNCTIONS, TRIGGERS] = [
  of('seen', 'Big View'),
  of('counted', 'größe'),
  of('fn', 'My Fn'),
  of('trg', 'order'),
];
const [ENUMS, DOMAINS, PAIRS, RULES] = [
  of('mood', 'Mood 2'),
  of('addr', 'user'),
  of('pair', 'x y'),
  of('keep', 'Rule "1"'),
];
const [POLICIES, STATISTICS, SCHEMAS, SEQUENCES] = [
  of('own', 'Po'),
  of('st', 'St 2'),
  of('sales', 'New One'),
  of('numbers', 'tick et'),
];

/** Each with the weight that it has among all statements. */
export function objectMakers(): readonly (readonly [number, (model: Model, choice: Choice) => string | undefined])[] {
  const onTable =
    (maker: Maker) =>
    (model: Model, choice: Choice): string | undefined => {
      const table = tableOf(model, choice);
      return table && maker(table, choice, model);
    };
  return [
    ...CREATES.map((maker) => [1.4, onTable(maker)] as const),
    ...CHANGES.map((maker) => [0.9, onTable(maker)] as const),
    ...SELDOM_POSSIBLE.map((maker) => [2.5, onTable(maker)] as const),
  ];
}

/** For the schema that a plan begins with; what does not fit in is left out. */
export function randomObjects(model: Model, choice: Choice): readonly string[] {
  const made = Array.from({ length: choice.between(0, 10) }, () => {
    const table = tableOf(model, choice);
    return table && choice.one(CREATES)(table, choice, model);
  });
  return [...(choice.chance(0.4) ? ['CREATE EXTENSION citext'] : []), ...made.filter((sql) => sql !== undefined)];
}

function tableOf({ relations }: Model, choice: Choice): ModelTable | undefined {
  return choice.maybeOne(relations.filter(({ kind, columns }) => kind === 'r' && columns.length > 0));
}

/** The first, so that what was made is often met again. */
const mostly = (choice: Choice, names: readonly string[]): string => (choice.chance(0.85) ? names[0]! : names[1]!);
const one = (table: ModelTable, choice: Choice): string => q(choice.one(table.columns).name);
const name = (table: ModelTable): string => relationKey(table);
const replacing = (choice: Choice): string => (choice.chance(0.3) ? 'OR REPLACE ' : '');

const CREATES: readonly Maker[] = [
  (table, choice) =>
    `CREATE ${replacing(choice)}VIEW ${mostly(choice, VIEWS)} AS SELECT ${one(table, choice)} FROM ${name(table)}`,
  (table, choice) => `CREATE MATERIALIZED VIEW ${mostly(choice, COUNTS)} AS SELECT count(*) AS n FROM ${name(table)}`,
  (_, choice) =>
    `CREATE ${replacing(choice)}FUNCTION ${mostly(choice, FUNCTIONS)}(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$SELECT ${choice.between(1, 9)} * n$$`,
  (_, choice) =>
    `CREATE ${replacing(choice)}FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN /* ${choice.between(1, 9)} */ RETURN NEW; END$$`,
  (table, choice) =>
    `CREATE ${replacing(choice)}TRIGGER ${mostly(choice, TRIGGERS)} ${choice.one(['BEFORE', 'AFTER'])} UPDATE ON ${name(table)} FOR EACH ROW EXECUTE FUNCTION touch()`,
  (table, choice) =>
    `CREATE ${replacing(choice)}RULE ${mostly(choice, RULES)} AS ON DELETE TO ${name(table)} DO INSTEAD NOTHING`,
  (table, choice) =>
    `CREATE POLICY ${mostly(choice, POLICIES)} ON ${name(table)} FOR SELECT USING (${one(table, choice)} IS NOT NULL)`,
  (_, choice) => `CREATE TYPE ${mostly(choice, ENUMS)} AS ENUM ('low', 'high')`,
  (_, choice) => `CREATE TYPE ${mostly(choice, PAIRS)} AS (x integer, y text)`,
  (_, choice) => `CREATE DOMAIN ${mostly(choice, DOMAINS)} AS text DEFAULT 'a' CONSTRAINT filled CHECK (VALUE <> '')`,
  (table, choice) =>
    `CREATE STATISTICS ${mostly(choice, STATISTICS)} ON ${choice
      .some(table.columns, 2)
      .map((column) => q(column.name))
      .join(', ')} FROM ${name(table)}`,
  (_, choice) => `CREATE SCHEMA ${mostly(choice, SCHEMAS)}`,
  (_, choice) => `CREATE SEQUENCE ${mostly(choice, SEQUENCES)} INCREMENT 5`,
  (_, choice) => `CREATE PROCEDURE ${choice.one(['rest', '"Rest 2"'])}() LANGUAGE sql AS $$SELECT 1$$`,
];

const CHANGES: readonly Maker[] = [
  (_, choice) => `DROP VIEW ${mostly(choice, VIEWS)}`,
  (_, choice) => `DROP MATERIALIZED VIEW ${mostly(choice, COUNTS)}`,
  (_, choice) => `ALTER VIEW ${mostly(choice, VIEWS)} SET (security_barrier)`,
  (_, choice) =>
    `ALTER FUNCTION ${mostly(choice, FUNCTIONS)}(integer) ${choice.one(['STRICT', 'STABLE', 'SET search_path = public', 'RENAME TO fn2', 'OWNER TO pg_monitor'])}`,
  (_, choice) => `DROP FUNCTION ${mostly(choice, FUNCTIONS)}(integer)`,
  (_, choice) => `DROP PROCEDURE ${choice.one(['rest', '"Rest 2"'])}()`,
  (table, choice) => `ALTER TRIGGER ${mostly(choice, TRIGGERS)} ON ${name(table)} RENAME TO handled`,
  (table, choice) => `DROP TRIGGER ${mostly(choice, TRIGGERS)} ON ${name(table)}`,
  (table, choice) => `DROP RULE ${mostly(choice, RULES)} ON ${name(table)}`,
  (table, choice) => `ALTER POLICY ${mostly(choice, POLICIES)} ON ${name(table)} USING (true)`,
  (table, choice) => `DROP POLICY ${mostly(choice, POLICIES)} ON ${name(table)}`,
  (_, choice) =>
    `ALTER TYPE ${mostly(choice, ENUMS)} ${choice.one([`RENAME VALUE 'low' TO 'sad'`, 'RENAME TO feeling'])}`,
  (_, choice) => `DROP TYPE ${choice.one([...ENUMS, ...PAIRS])}`,
  (_, choice) =>
    `ALTER TYPE ${mostly(choice, PAIRS)} ${choice.one(['ADD ATTRIBUTE z integer', 'RENAME ATTRIBUTE x TO first'])}`,
  (_, choice) =>
    `ALTER DOMAIN ${mostly(choice, DOMAINS)} ${choice.one([`SET DEFAULT 'c'`, 'DROP DEFAULT', 'SET NOT NULL', 'ADD CHECK (length(VALUE) < 100)', 'DROP CONSTRAINT filled'])}`,
  (_, choice) => `DROP DOMAIN ${mostly(choice, DOMAINS)}`,
  (_, choice) => `ALTER STATISTICS ${mostly(choice, STATISTICS)} SET STATISTICS 50`,
  (_, choice) => `DROP STATISTICS ${mostly(choice, STATISTICS)}`,
  (_, choice) => `ALTER FUNCTION ${mostly(choice, FUNCTIONS)}(integer) SET SCHEMA ${mostly(choice, SCHEMAS)}`,
  (table, choice) => `ALTER TABLE ${name(table)} ENABLE ALWAYS TRIGGER ${mostly(choice, TRIGGERS)}`,
  (table, choice) => `ALTER TABLE ${name(table)} ALTER COLUMN ${one(table, choice)} SET STATISTICS 300`,
  () => 'CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq)',
  () => 'CREATE AGGREGATE product(integer) (SFUNC = int4mul, STYPE = integer)',
  () => 'CREATE EXTENSION citext',
  (_, choice) => `DROP SCHEMA ${mostly(choice, SCHEMAS)}`,
  (_, choice) => `ALTER SCHEMA ${mostly(choice, SCHEMAS)} RENAME TO attic`,
  (table, choice) =>
    `ALTER SEQUENCE ${mostly(choice, SEQUENCES)} ${choice.one(['INCREMENT BY 10 CACHE 20', 'OWNED BY NONE', `OWNED BY ${name(table)}.${one(table, choice)}`])}`,
  (table, choice) => `COMMENT ON TABLE ${name(table)} IS ${words(choice)}`,
  (table, choice) => `COMMENT ON COLUMN ${name(table)}.${one(table, choice)} IS ${words(choice)}`,
  (table, choice) =>
    `COMMENT ON CONSTRAINT ${q(table.constraints[0]?.name ?? 'none')} ON ${name(table)} IS ${words(choice)}`,
  (_, choice) => `COMMENT ON FUNCTION ${mostly(choice, FUNCTIONS)}(integer) IS ${words(choice)}`,
  (_, choice) => `COMMENT ON VIEW ${mostly(choice, VIEWS)} IS ${words(choice)}`,
  (table) => `ALTER TABLE ${name(table)} OWNER TO pg_monitor`,
  (table, choice) =>
    `GRANT ${choice.one(['SELECT', 'SELECT, INSERT', `UPDATE (${one(table, choice)})`])} ON ${name(table)} TO pg_monitor`,
  (table) => `REVOKE SELECT ON ${name(table)} FROM pg_monitor`,
  (_, choice) => `REVOKE ALL ON FUNCTION ${mostly(choice, FUNCTIONS)} FROM PUBLIC`,
];

/** What they need is seldom there, so they are tried more often. */
const SELDOM_POSSIBLE: readonly Maker[] = [
  (table, choice) => `ALTER TRIGGER ${mostly(choice, TRIGGERS)} ON ${name(table)} RENAME TO handled`,
  (table, choice) => `DROP TRIGGER ${mostly(choice, TRIGGERS)} ON ${name(table)}`,
  (table, choice) => `ALTER TABLE ${name(table)} ENABLE ALWAYS TRIGGER ${mostly(choice, TRIGGERS)}`,
  (table, choice) => `DROP POLICY ${mostly(choice, POLICIES)} ON ${name(table)}`,
  (_, choice) => `ALTER FUNCTION ${mostly(choice, FUNCTIONS)}(integer) RENAME TO fn2`,
  (_, choice) => `ALTER FUNCTION ${mostly(choice, FUNCTIONS)}(integer) SET SCHEMA ${mostly(choice, SCHEMAS)}`,
  (_, choice) => `ALTER TYPE ${mostly(choice, PAIRS)} RENAME ATTRIBUTE x TO first`,
  (_, choice) => `DROP VIEW ${mostly(choice, VIEWS)}`,
];

function words(choice: Choice): string {
  return choice.chance(0.2) ? 'NULL' : quoteLiteral(choice.one(['said', `it's said`, 'back\\slash']));
}
