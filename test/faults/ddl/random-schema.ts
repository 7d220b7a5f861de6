/** A small database: tables with keys, references, partitions, indexes, comments and rows, as statements. */
import { quoteIdentifier, quoteLiteral, relationKey } from '../../../src/sql/identifier.js';
import type { Choice } from './random-choice.js';
import { randomName } from './random-name.js';
import { conditionOn, isNumber, isText, KEY_TYPES, randomType, type RandomType } from './random-value.js';

const ROWS = 12;

interface Made {
  readonly schema: string;
  readonly name: string;
  readonly key: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly of: RandomType;
}

export function randomSchema(choice: Choice): readonly string[] {
  const schemas = choice.chance(0.4) ? ['public', choice.one(['archive', 'Other Place', 'select'])] : ['public'];
  const statements = schemas.slice(1).map((schema) => `CREATE SCHEMA ${quoteIdentifier(schema)}`);
  const taken = new Set<string>();
  const made: Made[] = [];
  const count = choice.between(2, 4);
  for (let table = 0; table < count; table++) {
    const schema = choice.chance(0.75) ? 'public' : choice.one(schemas);
    const name = randomName(choice, taken);
    taken.add(name);
    statements.push(...(choice.chance(0.2) ? partitioned(schema, name, choice) : plain(schema, name, made, choice)));
  }
  if (choice.chance(0.2)) statements.push(`CREATE SEQUENCE ${quoteIdentifier(randomName(choice, taken))}`);
  const target = choice.maybeOne(made);
  if (target !== undefined && choice.chance(0.15)) statements.push(...hanging(target, choice));
  return statements;
}

function plain(schema: string, name: string, made: Made[], choice: Choice): readonly string[] {
  const taken = new Set<string>();
  const column = (of: RandomType): Column => {
    const own = { name: randomName(choice, taken), of };
    taken.add(own.name);
    return own;
  };
  const key = Array.from({ length: choice.chance(0.3) ? 2 : 1 }, () => column(choice.one(KEY_TYPES)));
  const others = Array.from({ length: choice.between(1, 4) }, () => column(randomType(choice)));
  const table = { schema, name, key };
  const target = choice.chance(0.5) ? choice.one([...made, table]) : undefined;
  const refs = (target?.key ?? []).map(({ of }) => column(of));
  const q = quoteIdentifier;
  const list = (columns: readonly Column[]): string => columns.map((each) => q(each.name)).join(', ');
  const elements = [...key, ...refs].map((each) => `${q(each.name)} ${each.of.type}`);
  for (const { name: own, of } of others) {
    const parts = [
      choice.chance(0.4) ? `DEFAULT ${choice.one(of.defaults)}` : '',
      choice.chance(0.3)
        ? choice.chance(0.3)
          ? `CONSTRAINT ${q(`${own.slice(0, 5)} filled`)} NOT NULL`
          : 'NOT NULL'
        : '',
      choice.chance(0.15) ? `CHECK (${conditionOn(q(own), of.type)})` : '',
      choice.chance(0.15) && of.type !== 'boolean' ? 'UNIQUE' : '',
    ];
    elements.push([`${q(own)} ${of.type}`, ...parts.filter((part) => part !== '')].join(' '));
  }
  const keyKind = choice.weighted([
    [7, 'PRIMARY KEY'],
    [2, 'UNIQUE'],
    [1, 'none'],
  ] as const);
  const named = choice.chance(0.3) ? `CONSTRAINT ${q(randomName(choice, new Set([name])))} ` : '';
  if (keyKind !== 'none') elements.push(`${named}${keyKind} (${list(key)})`);
  if (choice.chance(0.2))
    elements.push(
      `${q(`${name.slice(0, 10)} nr`)} ${choice.one(['serial', 'bigserial', 'bigint GENERATED ALWAYS AS IDENTITY'])}`,
    );
  const whole = relationKey(table);
  const inserted = [...key, ...refs, ...others];
  const values = inserted.map(({ of }) => of.value);
  const statements = [
    `CREATE TABLE ${whole} (${elements.join(', ')})`,
    `INSERT INTO ${whole} (${list(inserted)}) SELECT ${values.join(', ')} FROM generate_series(1, ${ROWS}) AS n`,
  ];
  if (target !== undefined && refs.length > 0 && (target !== table || keyKind !== 'none'))
    statements.push(
      `ALTER TABLE ${whole} ADD FOREIGN KEY (${list(refs)}) REFERENCES ${relationKey(target)} (${list(target.key)})${choice.chance(0.3) ? ' ON DELETE CASCADE DEFERRABLE' : ''}`,
    );
  for (const other of others) if (choice.chance(0.3)) statements.push(indexOn(whole, other, choice));
  if (choice.chance(0.3))
    statements.push(`COMMENT ON COLUMN ${whole}.${q(others[0]!.name)} IS ${quoteLiteral('what it is')}`);
  if (choice.chance(0.2)) statements.push(`COMMENT ON TABLE ${whole} IS 'rows'`);
  if (keyKind !== 'none') made.push(table);
  return statements;
}

function indexOn(table: string, { name, of }: Column, choice: Choice): string {
  const column = quoteIdentifier(name);
  const expression = isText(of.type) ? `lower(${column})` : isNumber(of.type) ? `(${column} + 1)` : column;
  const where = choice.chance(0.3) ? ` WHERE ${column} IS NOT NULL` : '';
  return `CREATE INDEX ON ${table} (${choice.chance(0.4) ? expression : column})${where}`;
}

function partitioned(schema: string, name: string, choice: Choice): readonly string[] {
  const q = quoteIdentifier;
  const [whole, taken] = [relationKey({ schema, name }), new Set<string>()];
  const [at, kind, note] = [0, 1, 2].map(() => {
    const own = randomName(choice, taken);
    taken.add(own);
    return own;
  }) as [string, string, string];
  const part = (suffix: string): string =>
    relationKey({ schema, name: `${Array.from(name).slice(0, 12).join('')} ${suffix}` });
  const key = choice.chance(0.4) ? `, PRIMARY KEY (${q(at)}, ${q(kind)})` : '';
  const statements = [
    `CREATE TABLE ${whole} (${q(at)} integer NOT NULL, ${q(kind)} text, ${q(note)} ${choice.one(['text', 'bigint', 'numeric(10,2)'])} DEFAULT 0${key}) PARTITION BY RANGE (${q(at)})`,
    `CREATE TABLE ${part('low')} PARTITION OF ${whole} FOR VALUES FROM (0) TO (8)`,
  ];
  if (choice.chance(0.4)) {
    statements.push(
      `CREATE TABLE ${part('high')} PARTITION OF ${whole} FOR VALUES FROM (8) TO (100) PARTITION BY LIST (${q(kind)})`,
      `CREATE TABLE ${part('k0')} PARTITION OF ${part('high')} FOR VALUES IN ('k0', 'k1')`,
      `CREATE TABLE ${part('rest')} PARTITION OF ${part('high')} DEFAULT`,
    );
  } else statements.push(`CREATE TABLE ${part('high')} PARTITION OF ${whole} FOR VALUES FROM (8) TO (100)`);
  statements.push(`INSERT INTO ${whole} SELECT n, 'k' || n, n FROM generate_series(1, ${ROWS}) AS n`);
  if (choice.chance(0.3)) statements.push(`CREATE INDEX ON ${whole} (${q(note)})`);
  return statements;
}

/** What makes a table harder to change: a view over it, a trigger. */
function hanging({ schema, name, key }: Made, choice: Choice): readonly string[] {
  const [whole, column] = [relationKey({ schema, name }), quoteIdentifier(key[0]!.name)];
  if (choice.chance(0.5)) return [`CREATE VIEW seen AS SELECT ${column} AS shown FROM ${whole}`];
  return [
    `CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
    `CREATE TRIGGER stays BEFORE UPDATE ON ${whole} FOR EACH ROW EXECUTE FUNCTION stay()`,
  ];
}
