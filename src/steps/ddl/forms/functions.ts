/**
 * Functions, procedures, aggregates. The server prints the whole of a function as CREATE OR REPLACE, and that is its way back:
 * owner, grants and whatever calls it stay. Names of arguments and their defaults cannot be taken away in that form.
 */
import { functionKey } from '../../../catalog/function-key.js';
import { resolveObject } from '../../../catalog/resolve-object.js';
import { objectFact } from '../../../sql/object-fact.js';
import type { ObjectName } from '../../../sql/object-key.js';
import { quoteIdentifier } from '../../../sql/identifier.js';
import { nodeAs, stringsOf, type FieldsOf } from '../../../sql/tree-walk.js';
import { typeText } from '../../../sql/type-name.js';
import { quick, quickBack, type Form, type FormContext, type Piece } from '../piece.js';
import { change, create, replace } from './objects.js';
import { dropAndMakeAgain, factsOf, replaceAgain } from './remake.js';

export const createFunction: Form<'CreateFunctionStmt'> = (statement, at) => {
  const created = at.effects.find((effect) => effect.kind === 'function created');
  if (created === undefined) return [];
  const { function: facts } = created;
  const object: ObjectName = { kind: facts.kind, name: [facts.schema, facts.name], types: facts.arguments };
  const there = at.catalog.functions[functionKey(facts)];
  if (there === undefined || statement.replace !== true) return create(object, at, { isThere: there !== undefined });
  return replace(
    object,
    at,
    isNarrowed(statement, object, at) ? dropAndMakeAgain(object, at) : replaceAgain(object, at),
  );
};

export const alterFunction: Form<'AlterFunctionStmt'> = (statement, at) => {
  const fact = objectFact(statement.objtype, statement.func && { ObjectWithArgs: statement.func });
  if (fact === undefined) return [];
  const object = resolveObject(at.catalog, fact, at.schema);
  return change(object, at, replaceAgain(object, at));
};

/** CREATE AGGREGATE, CREATE OPERATOR; collations and the like are made so seldom that they are left to `sql`. */
export const define: Form<'DefineStmt'> = (statement, at) => {
  if (statement.kind === 'OBJECT_OPERATOR') return createOperator(statement, at);
  const created = at.effects.find((effect) => effect.kind === 'function created');
  if (created === undefined) {
    const words = (statement.kind ?? '').replace('OBJECT_', '').replaceAll('_', ' ');
    at.refuse('LS6203', `CREATE ${words} is not known here.`, 'put it into a `sql` step with `down`');
    return [];
  }
  const { schema, name, arguments: types } = created.function;
  const object: ObjectName = { kind: 'aggregate', name: [schema, name], types };
  const isThere = functionKey(created.function) in at.catalog.functions;
  if (!isThere) return create(object, at, { isThere });
  return statement.replace === true ? replace(object, at, replaceAgain(object, at)) : create(object, at, { isThere });
};

function createOperator({ defnames, definition = [] }: FieldsOf<'DefineStmt'>, at: FormContext): readonly Piece[] {
  const names = stringsOf(defnames);
  const operand = (side: string): string => {
    const option = definition.map((node) => nodeAs(node, 'DefElem')).find((each) => each?.defname === side);
    const type = nodeAs(option?.arg, 'TypeName');
    return type === undefined ? 'NONE' : typeText(type);
  };
  const operator = `${quoteIdentifier(names.at(-2) ?? at.schema)}.${names.at(-1)!}`;
  const name = `${operator} (${operand('leftarg')}, ${operand('rightarg')})`;
  const back = quickBack(`drop operator ${name}`, `DROP OPERATOR ${name}`);
  return [quick('create', `create operator ${name}`, [at.statement.text], [back])];
}

/** The new one has defaults, or names of arguments, that the old one has not. */
function isNarrowed(statement: FieldsOf<'CreateFunctionStmt'>, object: ObjectName, at: FormContext): boolean {
  const { definition = null } = factsOf(object, at) ?? {};
  if (definition === null) return false;
  const [old] = at.parse(definition).map(({ node }) => nodeAs(node, 'CreateFunctionStmt'));
  const [now, before] = [parametersOf(statement), parametersOf(old ?? {})];
  const isNamed = now.some(({ name }, index) => name !== undefined && before[index]?.name === undefined);
  const defaults = (list: typeof now): number => list.filter(({ defexpr }) => defexpr !== undefined).length;
  return isNamed || defaults(now) > defaults(before);
}

function parametersOf({ parameters = [] }: FieldsOf<'CreateFunctionStmt'>): readonly FieldsOf<'FunctionParameter'>[] {
  return parameters.map((node) => nodeAs(node, 'FunctionParameter')!);
}
