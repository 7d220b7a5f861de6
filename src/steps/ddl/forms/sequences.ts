/**
 * ALTER SEQUENCE: the way back sets every parameter to what the server printed. The number that it has reached is nobody's
 * to put back.
 */
import { objectInSql, type ObjectName } from '../../../sql/object-key.js';
import { nodeAs } from '../../../sql/tree-walk.js';
import { quickBack, type Form, type FormContext, type WayBack } from '../piece.js';
import { change } from './objects.js';
import { factsOf, withoutDefinition } from './remake.js';

export const alterSequence: Form<'AlterSeqStmt'> = (statement, at) => {
  const sequence = at.relation(statement.sequence!, statement.missing_ok === true);
  if (sequence === undefined) return [];
  const object: ObjectName = { kind: 'sequence', name: [sequence.schema, sequence.name] };
  const options = (statement.options ?? []).map((node) => nodeAs(node, 'DefElem')?.defname ?? '');
  return change(object, at, back(object, options, at));
};

function back(object: ObjectName, options: readonly string[], at: FormContext): WayBack {
  const facts = factsOf(object, at);
  if (facts?.made === true) return { goesWith: 'its sequence' };
  if (facts?.definition == null) return withoutDefinition(object, facts);
  if (options.includes('restart')) return { none: 'nobody knows the number that a sequence will have reached' };
  const name = objectInSql(object);
  const parameters = facts.definition.slice(facts.definition.indexOf(' AS ') + 1);
  const cycle = facts.definition.endsWith(' CYCLE') ? '' : ' NO CYCLE';
  const owned = facts.dressing.find((statement) => statement.startsWith(`ALTER ${name} OWNED BY `));
  const statements = [
    ...(options.every((option) => option === 'owned_by') ? [] : [`ALTER ${name} ${parameters}${cycle}`]),
    ...(options.includes('owned_by') ? [owned ?? `ALTER ${name} OWNED BY NONE`] : []),
  ];
  return [quickBack(`set ${name.toLowerCase()} back`, ...statements)];
}
