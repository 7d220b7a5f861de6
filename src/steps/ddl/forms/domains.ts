/**
 * Domains. A new constraint is held against every column of that type, while nobody can write to their tables: a hazard,
 * unless there is none, or NOT VALID puts it off.
 */
import { resolveObject } from '../../../catalog/resolve-object.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { impliedName } from '../../../sql/implied-name.js';
import { objectKey, type ObjectName } from '../../../sql/object-key.js';
import { sourceText } from '../../../sql/source-text.js';
import { textOf, withoutWords } from '../../../sql/statement-text.js';
import { nodeAs, stringsOf, type FieldsOf } from '../../../sql/tree-walk.js';
import { quick, quickBack, type Form, type FormContext, type Piece, type PieceHazard, type WayBack } from '../piece.js';
import { isMissing, missing } from './objects.js';
import { factsOf, makeAgain, wayBack, withoutDefinition } from './remake.js';
import { createType } from './types.js';

export const createDomain: Form<'CreateDomainStmt'> = (statement, at) =>
  createType(stringsOf(statement.domainname), at);

export const alterDomain: Form<'AlterDomainStmt'> = (statement, at) => {
  const domain = resolveObject(at.catalog, { kind: 'type', name: stringsOf(statement.typeName) }, at.schema);
  if (isMissing(domain, at)) return missing(domain, at);
  switch (statement.subtype) {
    case 'T':
      return [changed(domain, at, defaultBack(domain, at))];
    case 'N':
    case 'O':
      return setNotNull(domain, statement.subtype === 'O', at);
    case 'C':
      return addConstraint(domain, statement, at);
    case 'X':
      return dropConstraint(domain, statement, at);
    default: {
      const constraint = constraintOf(domain, statement.name ?? '');
      if (factsOf(constraint, at) === undefined) return missing(constraint, at);
      const back = wayBack(constraint, at, ({ definition, dressing }) => [
        dropText(domain, statement.name ?? ''),
        definition,
        ...dressing,
      ]);
      return [{ ...changed(domain, at, back), hazards: waits(domain, at) }];
    }
  }
};

function changed(domain: ObjectName, at: FormContext, back: WayBack, sql = at.statement.text): Piece {
  return quick('change', `change domain ${nameOf(domain)}`, [sql], back);
}

function defaultBack(domain: ObjectName, at: FormContext): WayBack {
  const facts = factsOf(domain, at);
  if (facts?.definition == null) return withoutDefinition(domain, facts);
  const clause = clauseOf(facts.definition, ({ contype }) => contype === 'CONSTR_DEFAULT', at);
  if (clause === undefined) return [quickBack('drop the default', `ALTER DOMAIN ${nameOf(domain)} DROP DEFAULT`)];
  return [quickBack('set the default back', `ALTER DOMAIN ${nameOf(domain)} SET ${clause}`)];
}

/** What a CREATE DOMAIN says of its default, or of one of its constraints. */
function clauseOf(
  definition: string,
  which: (constraint: FieldsOf<'Constraint'>) => boolean,
  at: FormContext,
): string | undefined {
  const [statement] = at.parse(definition);
  const nodes = nodeAs(statement?.node, 'CreateDomainStmt')?.constraints ?? [];
  const constraints = nodes.map((node) => nodeAs(node, 'Constraint')!);
  const given = constraints.find(which);
  if (statement === undefined || given === undefined) return undefined;
  const places = constraints.map(({ location = 0 }) => statement.utf16Offset(location));
  const clause = sourceText(statement).clause(statement.utf16Offset(given.location ?? 0), places);
  return textOf(statement, clause);
}

/** Since server 17 NOT NULL is a constraint with a name, which the server makes up. */
function setNotNull(domain: ObjectName, wanted: boolean, at: FormContext): readonly Piece[] {
  const facts = factsOf(domain, at);
  if (facts?.definition == null) return [changed(domain, at, withoutDefinition(domain, facts))];
  const [schema, name] = domain.name;
  const own = Object.entries(at.catalog.objects).find(
    ([key, { definition }]) =>
      key.startsWith('domain constraint ') &&
      key.endsWith(` on ${nameOf(domain)}`) &&
      definition?.endsWith(' NOT NULL'),
  );
  const is = own !== undefined || / NOT NULL$/.test(facts.definition);
  if (is === wanted) {
    at.note(`\`${nameOf(domain)}\` ${wanted ? 'is NOT NULL' : 'may be NULL'}.`);
    return [];
  }
  const head = `ALTER DOMAIN ${relationKey({ schema: schema!, name: name! })}`;
  const again = own === undefined ? [`${head} SET NOT NULL`] : [own[1].definition!, ...own[1].dressing];
  const back = [quickBack(`set ${nameOf(domain)} back`, ...(wanted ? [`${head} DROP NOT NULL`] : again))];
  return [{ ...changed(domain, at, back), hazards: wanted ? waits(domain, at) : [] }];
}

function addConstraint(domain: ObjectName, { def }: FieldsOf<'AlterDomainStmt'>, at: FormContext): readonly Piece[] {
  const node = nodeAs(def, 'Constraint')!;
  const name = node.conname ?? freeName(domain, at);
  const constraint = constraintOf(domain, name);
  if (factsOf(constraint, at) !== undefined) {
    at.refuse('LS6204', `There is a \`${objectKey(constraint)}\` already.`, 'name it otherwise');
    return [];
  }
  const text = sourceText(at.statement).clause(at.statement.utf16Offset(node.location ?? 0));
  const named = node.conname === undefined ? `CONSTRAINT ${quoteIdentifier(name)} ` : '';
  const sql = `ALTER DOMAIN ${nameOf(domain)} ADD ${named}${textOf(at.statement, text)}`;
  const back = [quickBack(`drop constraint ${name} of ${nameOf(domain)}`, dropText(domain, name))];
  const hazards = node.skip_validation === true ? [] : waits(domain, at);
  return [{ ...changed(domain, at, back, sql), hazards }];
}

function dropConstraint(domain: ObjectName, statement: FieldsOf<'AlterDomainStmt'>, at: FormContext): readonly Piece[] {
  const { name = '' } = statement;
  const constraint = constraintOf(domain, name);
  if (factsOf(constraint, at) === undefined) {
    // Of a domain that the plan itself makes, only its own text knows the constraints.
    const made = factsOf(domain, at)?.definition;
    const clause = made == null ? undefined : clauseOf(made, ({ conname }) => conname === name, at);
    if (clause === undefined) return missing(constraint, at, statement.missing_ok === true);
    return [
      changed(domain, at, [quickBack(`add constraint ${name} again`, `ALTER DOMAIN ${nameOf(domain)} ADD ${clause}`)]),
    ];
  }
  return [changed(domain, at, makeAgain(constraint, at), withoutWords(at.statement, ['IF', 'EXISTS']))];
}

function waits(domain: ObjectName, at: FormContext): readonly PieceHazard[] {
  const type = nameOf(domain);
  const tables = Object.values(at.catalog.relations).filter((relation) =>
    relation.columns.some((column) => column.type === type || column.type === `${type}[]`),
  );
  if (tables.length === 0) return [];
  const detail = `Writers of ${tables.map(relationKey).join(', ')} wait while every value of the domain is looked at.`;
  return [{ name: 'blocks_writes', detail, help: 'add it NOT VALID, and validate it when few write' }];
}

function freeName({ name }: ObjectName, at: FormContext): string {
  const wanted = impliedName(name[1]!, [], 'check');
  let free = wanted;
  for (let number = 1; factsOf(constraintOf({ kind: 'type', name }, free), at) !== undefined; number++)
    free = `${wanted}${number}`;
  return free;
}

function constraintOf({ name }: ObjectName, constraint: string): ObjectName {
  return { kind: 'domain constraint', name: [...name, constraint] };
}

function dropText(domain: ObjectName, constraint: string): string {
  return `ALTER DOMAIN ${nameOf(domain)} DROP CONSTRAINT ${quoteIdentifier(constraint)}`;
}

function nameOf({ name }: ObjectName): string {
  return relationKey({ schema: name[0]!, name: name[1]! });
}
