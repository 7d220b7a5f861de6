/** A case as a script for a person: the schema as SQL, the plan as JSON (which is YAML), the writes by their moments. */
import type { OracleCase, Unit } from './case.js';

export function caseText({ schema, plan, moments, role, shapes, kind, life }: OracleCase): string {
  return [
    `-- ${kind}, ${life}${role === null ? '' : `; the application is ${role}`}`,
    `-- ${shapes.join(', ')}`,
    ...schema.map((sql) => `${sql};`),
    '',
    JSON.stringify({ lockstep: 1, ...plan }, null, 1),
    '',
    ...moments
      .filter(({ units }) => units.length > 0)
      .flatMap(({ at, units }) => [`-- ${at}`, ...units.flatMap(unitText)]),
  ].join('\n');
}

function unitText({ statements, isolation, end, span, side }: Unit): readonly string[] {
  const texts = statements.map(({ beside }) => `${beside};`);
  const remark = [side === 'old' ? '' : `${side} side`, span === 'now' ? '' : span]
    .filter((part) => part !== '')
    .join(', ');
  const whole =
    texts.length === 1 && isolation === 'READ COMMITTED' && end === 'COMMIT' && span === 'now'
      ? texts
      : [`BEGIN ISOLATION LEVEL ${isolation};`, ...texts.map((text) => `  ${text}`), `${end};`];
  return remark === '' ? whole : [`-- (${remark})`, ...whole];
}
