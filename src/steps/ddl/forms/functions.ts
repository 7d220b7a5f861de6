/**
 * Functions, procedures, aggregates. The server prints the whole of a function as CREATE OR REPLACE, and that is its way back:
 * owner, grants and whatever calls it stay. Names of arguments and their defaults cannot be taken away in that form.
 */
import { functionKey } from '../../../catalog/function-key.js';
import { resolveObject, typeIn, withSchema } from '../../../catalog/resolve-object.js';
import { quoteIdentifier } from '../../../sql/identifier.js';
import { argumentType, objectFact } from '../../../sql/object-fact.js';
import type { ObjectName } from '../../../sql/object-key.js';
import { nodeAs, stringsOf, type FieldsOf } from '../../../sql/tree-walk.js';
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

/** Aggregates and operators; collations and the like are made so seldom that they are left to `sql`. */
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

/** Known by the types on its sides; one of them may be missing. */
function createOperator({ defnames, definition = [] }: FieldsOf<'DefineStmt'>, at: FormContext): readonly Piece[] {
  const [schema, name] = withSchema(stringsOf(defnames), at.schema, 2);
  const side = (option: string): string => {
    const type = definition.map((node) => nodeAs(node, 'DefElem')).find((each) => each?.defname === option)?.arg;
    const typeName = nodeAs(type, 'TypeName');
    return typeName === undefined ? 'NONE' : typeIn(at.catalog, argumentType(typeName), at.schema);
  };
  const operator = `${quoteIdentifier(schema!)}.${name!} (${side('leftarg')}, ${side('rightarg')})`;
  const back = quickBack(`drop operator ${operator}`, `DROP OPERATOR ${operator}`);
  return [quick('create', `create operator ${operator}`, [at.statement.text], [back])];
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
