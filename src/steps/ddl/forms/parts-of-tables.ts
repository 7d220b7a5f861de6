/**
 * What hangs on a table without being a constraint or an index: triggers, rules, policies, statistics. Each is small enough
 * to be dropped and made again on the way back, in one transaction under the lock that making it takes anyway.
 */
import { resolveObject } from '../../../catalog/resolve-object.js';
import type { Relation } from '../../../catalog/catalog-snapshot.js';
import { objectInSql, type ObjectKind, type ObjectName } from '../../../sql/object-key.js';
import { stringsOf } from '../../../sql/tree-walk.js';
import type { Form, FormContext, WayBack } from '../piece.js';
import { change, create, replace } from './objects.js';
import { dropAndMakeAgain, factsOf, orReplace, wayBack } from './remake.js';

export const createTrigger: Form<'CreateTrigStmt'> = (statement, at) => {
  const table = at.relation(statement.relation!);
  if (table === undefined) return [];
  const object = on('trigger', table, statement.trigname!);
  const isThere = table.triggers.some(({ name }) => name === statement.trigname);
  if (!isThere || statement.replace !== true) return create(object, at, { isThere });
  // A replaced trigger fires again, though it was disabled: its state is a part of the way back.
  const back = wayBack(object, at, ({ definition, dressing }) => [orReplace(definition), ...dressing]);
  return replace(object, at, back);
};

export const createRule: Form<'RuleStmt'> = (statement, at) => {
  const table = at.relation(statement.relation!);
  if (table === undefined) return [];
  const object = on('rule', table, statement.rulename!);
  if (factsOf(object, at) === undefined || statement.replace !== true) return create(object, at);
  return replace(object, at, dropAndMakeAgain(object, at));
};

export const createPolicy: Form<'CreatePolicyStmt'> = (statement, at) => {
  const table = at.relation(statement.table!);
  return table === undefined ? [] : create(on('policy', table, statement.policy_name!), at);
};

export const alterPolicy: Form<'AlterPolicyStmt'> = (statement, at) => {
  const table = at.relation(statement.table!);
  if (table === undefined) return [];
  const object = on('policy', table, statement.policy_name!);
  return change(object, at, dropAndMakeAgain(object, at));
};

export const createStatistics: Form<'CreateStatsStmt'> = (statement, at) => {
  const made = at.effects.find((effect) => effect.kind === 'object made');
  if (made === undefined) {
    at.refuse('LS6203', 'Statistics without a name get one that nobody knows before.', 'give them a name');
    return [];
  }
  return create(made.object, at, { missingOnly: statement.if_not_exists === true });
};

export const alterStatistics: Form<'AlterStatsStmt'> = (statement, at) => {
  const object = resolveObject(
    at.catalog,
    { kind: 'statistics object', name: stringsOf(statement.defnames) },
    at.schema,
  );
  return change(object, at, targetBack(object, at));
};

/** The target stands among what hangs on it, unless it is that of the server. */
function targetBack(object: ObjectName, at: FormContext): WayBack {
  return wayBack(object, at, ({ dressing }) => {
    const set = dressing.filter((statement) => / SET STATISTICS \d+$/.test(statement));
    return set.length > 0 ? set : [`ALTER ${objectInSql(object)} SET STATISTICS -1`];
  });
}

function on(kind: ObjectKind, { schema, name }: Relation, part: string): ObjectName {
  return { kind, name: [schema, name, part] };
}
