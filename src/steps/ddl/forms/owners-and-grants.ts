/**
 * OWNER TO, GRANT and REVOKE. Grants follow the owner in their own way, and one grant can swallow another: the way back makes
 * all of them what they were, from the list that the catalog has.
 */
import { resolveObject } from '../../../catalog/resolve-object.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { grantedFact, objectFact } from '../../../sql/object-fact.js';
import { objectInSql, objectKey, type ObjectName } from '../../../sql/object-key.js';
import { nodeAs } from '../../../sql/tree-walk.js';
import { quick, quickBack, type Form, type FormContext, type WayBack } from '../piece.js';
import { change, missing } from './objects.js';
import { factsOf, withoutDefinition } from './remake.js';

export const changeOwner: Form<'AlterOwnerStmt'> = (statement, at) => {
  const fact = objectFact(statement.objectType, statement.object);
  if (fact === undefined) {
    at.refuse('LS6203', 'The owner of an object of this kind is not read.', 'put it into a `sql` step with `down`');
    return [];
  }
  const object = resolveObject(at.catalog, fact, at.schema);
  const facts = factsOf(object, at);
  if (facts?.owner == null) return change(object, at, withoutDefinition(object, facts));
  const back = `ALTER ${objectInSql(object)} OWNER TO ${quoteIdentifier(facts.owner)}`;
  const newOwner = roleText({ RoleSpec: statement.newowner ?? {} });
  const grants = facts.made === true || facts.forgotten === true ? [] : grantsBack(object, [newOwner], at);
  return change(object, at, [quickBack(`give ${objectKey(object)} back`, back, ...grants)]);
};

export const grant: Form<'GrantStmt'> = (statement, at) => {
  const named = (statement.objects ?? []).map((node) => grantedFact(statement.objtype, node));
  const facts = named.filter((fact) => fact !== undefined);
  if (statement.targtype !== 'ACL_TARGET_OBJECT' || facts.length < named.length) {
    at.refuse('LS6203', 'The grants on objects of this kind are not read one by one.', 'name the objects');
    return [];
  }
  const objects = facts.map((fact) => resolveObject(at.catalog, fact, at.schema));
  const gone = objects.find((object) => factsOf(object, at) === undefined);
  if (gone !== undefined) return missing(gone, at);
  const word = statement.is_grant === true ? 'grant' : 'revoke';
  const unknown = objects.find((object) => factsOf(object, at)?.forgotten === true);
  const label = `${word} privileges on ${objects.map(objectKey).join(', ')}`;
  const old = objects.filter((object) => factsOf(object, at)?.made !== true);
  const grantees = (statement.grantees ?? []).map(roleText);
  const statements = old.flatMap((object) => grantsBack(object, grantees, at));
  const back: WayBack =
    unknown !== undefined
      ? withoutDefinition(unknown, factsOf(unknown, at))
      : old.length === 0
        ? { goesWith: 'what they are granted on' }
        : [quickBack(`${label}, back`, ...statements)];
  return [quick(word, label, [at.statement.text], back)];
};

/**
 * Everything is taken from everyone who may have got something, and granted as it was. CASCADE: who passed a privilege on
 * gets it again, and so does whoever had it from there.
 */
function grantsBack(object: ObjectName, grantees: readonly string[], at: FormContext): readonly string[] {
  const facts = factsOf(object, at);
  const owner = quoteIdentifier(facts?.owner ?? '');
  const on = grantTarget(object);
  const listed = [...(facts?.dressing ?? []), ...columnDressing(object, at)].filter((statement) =>
    /^(GRANT|SET LOCAL ROLE|RESET ROLE)\b/.test(statement),
  );
  const holders = listed.flatMap(
    (statement) => / TO (\S+|"(?:[^"]|"")*")(?: WITH GRANT OPTION)?$/.exec(statement)?.[1] ?? [],
  );
  const from = [...new Set(['PUBLIC', owner, ...grantees, ...holders])];
  const isPlain = !(facts?.dressing ?? []).some((statement) => statement.startsWith('REVOKE ALL'));
  return [
    `REVOKE ALL ON ${on} FROM ${from.join(', ')} CASCADE`,
    ...(isPlain ? [`GRANT ALL ON ${on} TO ${owner}`, ...toEveryone(object, on)] : []),
    ...listed,
  ];
}

/** What the server grants to PUBLIC by itself. */
function toEveryone({ kind }: ObjectName, on: string): readonly string[] {
  if (kind === 'type') return [`GRANT USAGE ON ${on} TO PUBLIC`];
  return ['function', 'procedure', 'aggregate'].includes(kind) ? [`GRANT EXECUTE ON ${on} TO PUBLIC`] : [];
}

/** A table has no text that makes it again; its columns say for themselves what is granted on them. */
function columnDressing({ kind, name }: ObjectName, { catalog }: FormContext): readonly string[] {
  if (kind !== 'table' && kind !== 'foreign table') return [];
  const key = relationKey({ schema: name[0]!, name: name[1]! });
  return Object.entries(catalog.objects)
    .filter(([each, { partOf }]) => partOf === key && each.startsWith(`${kind} column `))
    .flatMap(([, { dressing }]) => dressing);
}

function grantTarget(object: ObjectName): string {
  const text = objectInSql(object);
  if (object.kind === 'aggregate') return text.replace(/^AGGREGATE/, 'FUNCTION').replace('(*)', '()');
  return text.replace(/^(FOREIGN TABLE|MATERIALIZED VIEW|VIEW) /, 'TABLE ');
}

function roleText(node: Parameters<typeof nodeAs>[0]): string {
  const role = nodeAs(node, 'RoleSpec');
  if (role?.roletype === 'ROLESPEC_CSTRING') return quoteIdentifier(role.rolename ?? '');
  return (role?.roletype ?? '').replace('ROLESPEC_', '');
}
