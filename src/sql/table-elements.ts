/** Columns and constraints as CREATE TABLE and ALTER TABLE write them, and what a CREATE TABLE changes. */
import type { DdlEffect } from './ddl-effects.js';
import { constraintOfTable, isAttribute, withoutName } from './constraint-text.js';
import { factsOf } from './expression-facts.js';
import type { ParsedStatement, Token } from './grammar.js';
import { formatParts, quoteLiteral, type NameParts } from './identifier.js';
import { distinctColumns, impliedName, type ImpliedFrom, type NameLabel } from './implied-name.js';
import { sourceText, type SourceText } from './source-text.js';
import { nodeAs, relationParts, stringsOf, type FieldsOf } from './tree-walk.js';
import { serialType, typeText } from './type-name.js';

export interface ColumnFact {
  readonly name: string;
  /** As `format_type` prints it, as far as the text tells. */
  readonly type: string;
  readonly notNull: boolean;
  /** Where NOT NULL was given one; server 18 keeps it. */
  readonly notNullName?: string;
  /** SQL text of the default, or of the generation expression, as written. */
  readonly default?: string;
  readonly generated: 'no' | 'stored' | 'virtual';
  readonly identity: 'no' | 'always' | 'by default';
  /** As SQL, quoted where it has to be. */
  readonly collation?: string;
}

export interface ConstraintFact {
  readonly name: string;
  /** No name was given: where this one is taken, the server appends a number. */
  readonly impliedName: boolean;
  readonly impliedFrom: ImpliedFrom;
  readonly kind: 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion' | 'not null';
  /** None for a constraint that takes over an index. */
  readonly columns: readonly string[];
  readonly usingIndex?: string;
  /** Columns are left out where the text leaves them out: the primary key. */
  readonly references?: { readonly table: NameParts; readonly columns?: readonly string[] };
  readonly validated: boolean;
  readonly deferrable: boolean;
  /** The text as a constraint of the table, without `CONSTRAINT name`. */
  readonly definition: string;
}

export interface ColumnElements {
  readonly column: ColumnFact;
  readonly constraints: readonly ConstraintFact[];
  /** The sequence of a serial or identity column. */
  readonly sequence?: NameParts;
}

type Constraint = FieldsOf<'Constraint'>;

export function tableEffects(create: FieldsOf<'CreateStmt'>, statement: ParsedStatement): readonly DdlEffect[] {
  const relation = relationParts(create.relation!);
  const elements = create.tableElts ?? [];
  if (create.partbound !== undefined && elements.length === 0) {
    const parent = relationParts(nodeAs(create.inhRelations?.[0], 'RangeVar')!);
    const relationKind = create.partspec === undefined ? 'table' : 'partitioned table';
    return [{ kind: 'partition created', relation, parent, relationKind }];
  }
  const inherits = create.inhRelations !== undefined || create.ofTypename !== undefined;
  if (inherits || elements.some((node) => nodeAs(node, 'TableLikeClause')))
    return [{ kind: 'relation declared', relation }];

  const source = sourceText(statement);
  const columns = elements.flatMap((node) => {
    const definition = nodeAs(node, 'ColumnDef');
    return definition === undefined ? [] : [columnElements(definition, relation, statement, source)];
  });
  const constraints = elements.flatMap((node) => {
    const constraint = nodeAs(node, 'Constraint');
    if (constraint === undefined) return [];
    // NOT VALID is passed over here: a new table has no rows that could break it.
    return [constraintFact({ ...constraint, skip_validation: false }, relation, [], statement, source)];
  });
  const all = withDistinctNames([...columns.flatMap((column) => column.constraints), ...constraints]);
  const persistence = persistenceOf(create.relation!.relpersistence);
  const table = {
    kind: 'relation created',
    relation,
    relationKind: create.partspec === undefined ? 'table' : 'partitioned table',
    persistence,
    columns: columns.map(({ column }) => withKeyNotNull(column, all)),
  } as const;
  const sequences = columns.flatMap(({ sequence }) =>
    sequence === undefined ? [] : [sequenceEffect(sequence, persistence)],
  );
  return [
    ...sequences,
    table,
    ...all.map((constraint) => ({ kind: 'constraint added', relation, constraint }) as const),
  ];
}

/** Two implied names of one statement: the server numbers from the second on. */
function withDistinctNames(constraints: readonly ConstraintFact[]): readonly ConstraintFact[] {
  const taken = new Set(constraints.filter((constraint) => !constraint.impliedName).map(({ name }) => name));
  return constraints.map((constraint) => {
    if (!constraint.impliedName) return constraint;
    const { table, columns, label } = constraint.impliedFrom;
    let { name } = constraint;
    for (let number = 1; taken.has(name); number++) name = impliedName(table, columns, label, number);
    taken.add(name);
    return { ...constraint, name };
  });
}

export function sequenceEffect(sequence: NameParts, persistence: 'permanent' | 'unlogged' | 'temporary'): DdlEffect {
  return { kind: 'relation created', relation: sequence, relationKind: 'sequence', persistence, columns: [] };
}

export function columnElements(
  definition: FieldsOf<'ColumnDef'>,
  relation: NameParts,
  statement: ParsedStatement,
  source: SourceText,
): ColumnElements {
  const name = definition.colname!;
  const written = (definition.constraints ?? []).map((node) => nodeAs(node, 'Constraint')!);
  const of = (type: Constraint['contype']): Constraint | undefined => written.find(({ contype }) => contype === type);
  // DEFERRABLE and its like are elements of their own; in the text they belong to the constraint before them.
  const places = [...written.filter(({ contype }) => !isAttribute(contype)), definition.collClause].map((part) =>
    statement.utf16Offset(part?.location ?? 0),
  );
  const clause = (part: Constraint | undefined): readonly Token[] =>
    part === undefined ? [] : source.clause(statement.utf16Offset(part.location ?? 0), places);

  const serial = serialType(definition.typeName!);
  const [identity, generation] = [of('CONSTR_IDENTITY'), of('CONSTR_GENERATED')];
  const hasSequence = serial !== undefined || identity !== undefined;
  const sequence = [...relation.slice(0, -1), impliedName(relation.at(-1)!, [name], 'seq')];
  const fallback = [
    serial === undefined ? '' : `nextval(${quoteLiteral(formatParts(sequence))}::regclass)`,
    source.text(clause(of('CONSTR_DEFAULT')).slice(1)),
    source.text(insideParentheses(clause(generation))),
  ].find((text) => text !== '');

  const constraints = written.flatMap((constraint, index) => {
    if (!(constraint.contype! in KINDS) || constraint.contype === 'CONSTR_NOTNULL') return [];
    const fact = constraintFact(constraint, relation, [name], statement, source, places);
    return [{ ...fact, deferrable: isMadeDeferrable(written.slice(index + 1)) }];
  });
  const column: ColumnFact = {
    name,
    type: serial ?? typeText(definition.typeName!),
    notNull: hasSequence || of('CONSTR_NOTNULL') !== undefined || of('CONSTR_PRIMARY') !== undefined,
    ...(of('CONSTR_NOTNULL')?.conname !== undefined && { notNullName: of('CONSTR_NOTNULL')!.conname! }),
    ...(fallback !== undefined && { default: fallback }),
    generated: generation === undefined ? 'no' : generation.generated_kind === 'v' ? 'virtual' : 'stored',
    identity: identity === undefined ? 'no' : identity.generated_when === 'a' ? 'always' : 'by default',
    ...(definition.collClause !== undefined && { collation: formatParts(stringsOf(definition.collClause.collname)) }),
  };
  return { column, constraints, ...(hasSequence && { sequence }) };
}

type ConstraintType = NonNullable<Constraint['contype']>;

const KINDS: Readonly<Partial<Record<ConstraintType, { kind: ConstraintFact['kind']; label: NameLabel }>>> = {
  CONSTR_PRIMARY: { kind: 'primary key', label: 'pkey' },
  CONSTR_UNIQUE: { kind: 'unique', label: 'key' },
  CONSTR_FOREIGN: { kind: 'foreign key', label: 'fkey' },
  CONSTR_CHECK: { kind: 'check', label: 'check' },
  CONSTR_EXCLUSION: { kind: 'exclusion', label: 'excl' },
  CONSTR_NOTNULL: { kind: 'not null', label: 'not_null' },
};

/** `ofColumn`: the column that a column constraint stands behind; empty for a table constraint. */
export function constraintFact(
  constraint: Constraint,
  relation: NameParts,
  ofColumn: readonly string[],
  statement: ParsedStatement,
  source: SourceText,
  stops: readonly number[] = [],
): ConstraintFact {
  const { kind, label } = KINDS[constraint.contype!]!;
  const columns =
    constraint.contype === 'CONSTR_CHECK' ? checkedColumns(constraint) : constrained(constraint, ofColumn);
  const table = relation.at(-1)!;
  // Of an index the columns that it only carries are part of its name.
  const carried = distinctColumns([...columns, ...stringsOf(constraint.including)]);
  const named = label === 'pkey' || (label === 'check' && columns.length !== 1) ? [] : carried;
  const implied = impliedName(table, named, label);
  const enforceable = kind === 'foreign key' || kind === 'check';
  const referenced = stringsOf(constraint.pk_attrs);
  return {
    name: constraint.conname ?? constraint.indexname ?? implied,
    impliedName: constraint.conname === undefined && constraint.indexname === undefined,
    impliedFrom: { table, columns: named, label },
    kind,
    columns,
    ...(constraint.indexname !== undefined && { usingIndex: constraint.indexname }),
    ...(constraint.pktable !== undefined && {
      references: { table: relationParts(constraint.pktable), ...(referenced.length > 0 && { columns: referenced }) },
    }),
    validated: constraint.skip_validation !== true && (!enforceable || constraint.is_enforced === true),
    deferrable: constraint.deferrable === true,
    definition: constraintOfTable(
      constraint,
      ofColumn,
      withoutName(source.clause(statement.utf16Offset(constraint.location ?? 0), stops), source),
    ),
  };
}

function constrained(constraint: Constraint, ofColumn: readonly string[]): readonly string[] {
  const excluded = (constraint.exclusions ?? []).flatMap((node) => {
    const element = nodeAs(nodeAs(node, 'List')?.items?.[0], 'IndexElem');
    return element?.name === undefined ? [] : [element.name];
  });
  const named = [...stringsOf(constraint.keys), ...stringsOf(constraint.fk_attrs), ...excluded];
  return named.length > 0 ? named : constraint.indexname === undefined ? ofColumn : [];
}

function checkedColumns(constraint: Constraint): readonly string[] {
  const { columns } = factsOf(constraint.raw_expr!, (location) => location);
  return [...new Set(columns.map(({ parts }) => parts.at(-1)!))];
}

/** DEFERRABLE behind a column constraint is an element of its own, up to the next constraint. */
function isMadeDeferrable(following: readonly Constraint[]): boolean {
  const next = following.findIndex(({ contype }) => !isAttribute(contype));
  const attributes = next === -1 ? following : following.slice(0, next);
  return attributes.some(({ contype }) => contype === 'CONSTR_ATTR_DEFERRABLE' || contype === 'CONSTR_ATTR_DEFERRED');
}

function withKeyNotNull(column: ColumnFact, constraints: readonly ConstraintFact[]): ColumnFact {
  const demanded = constraints.some(
    ({ kind, columns }) => (kind === 'primary key' || kind === 'not null') && columns.includes(column.name),
  );
  return demanded ? { ...column, notNull: true } : column;
}

function insideParentheses(tokens: readonly Token[]): readonly Token[] {
  const open = tokens.findIndex(({ text }) => text === '(');
  const close = tokens.findLastIndex(({ text }) => text === ')');
  return open === -1 ? [] : tokens.slice(open + 1, close);
}

function persistenceOf(letter: string | undefined): 'permanent' | 'unlogged' | 'temporary' {
  return letter === 't' ? 'temporary' : letter === 'u' ? 'unlogged' : 'permanent';
}
