/**
 * A graph as a text whose diff is read: an operation is a paragraph, a fact a line. Nothing is left out: what has no words here
 * stands as JSON, and SQL that is long by its beginning and a digest; whole it stands in the goldens of the shapes.
 */
import { canonicalJson, sha256 } from '../../../src/kernel/digest.js';
import type { CheckQuery } from '../../../src/operation/check-query.js';
import { graphDigest, type GraphStep } from '../../../src/operation/operation-graph.js';
import type {
  BatchTemplate,
  BatchWork,
  KeyWalk,
  Operation,
  RelationLock,
  Reversal,
  SqlText,
} from '../../../src/operation/operation.js';
import type { CompiledGolden } from './compile-golden.js';
import { spreadJson } from './spread-json.js';

type Lines = readonly string[];

export function graphText({ graph, warnings }: CompiledGolden): string {
  const { plan, steps, operations, edges, limits, fingerprint, windows, ...rest } = graph;
  const { throttle, ...limited } = limits;
  const head = [
    `plan ${plan}`,
    `digest ${graphDigest(graph)}`,
    ...warnings.map(({ code, detail }) => `warns ${code} ${detail}`),
    ...facts(rest),
    ...facts(limited, 'limits '),
    ...(throttle?.signals ?? []).map(({ sql, ...signal }) => `throttle ${canonicalJson(signal)} ${sqlMark(sql)}`),
    ...(throttle === undefined ? [] : [`throttle quiet hours ${canonicalJson(throttle.quietHours)}`]),
    `fingerprint ${fingerprint}`,
  ];
  const parts = [
    head,
    ...steps.map(stepLines),
    ...operations.map((operation) =>
      operationLines(
        operation,
        edges.filter(([, after]) => after === operation.id).map(([before]) => before),
      ),
    ),
    ...(windows ?? []).map(({ parts, ...window }) => [`window ${canonicalJson(window)}`, spreadJson(parts, 160)]),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function stepLines({ id, kind, description, skipped, reach, ...rest }: GraphStep): Lines {
  return [
    `step ${id}: ${kind}`,
    ...(description === null ? [] : [`  description  ${description}`]),
    ...(skipped === null ? [] : [`  skipped      ${skipped}`]),
    ...(reach?.columns ?? []).map((column) => `  reaches      ${canonicalJson(column)}`),
    ...(reach?.objects ?? []).map((object) => `  takes along  ${canonicalJson(object)}`),
    ...facts(rest, '  '),
  ];
}

/** `before`: of the graph's edges; null for a way back, which has none before it is linked. */
function operationLines(operation: Operation, before: Lines | null): Lines {
  const { id, kind, step, label, reads, writes, locks, barrier, after, skipWhen, hazards, reversal, ...own } =
    operation;
  return [
    `${kind} ${id}${barrier ? ' (barrier)' : ''}`,
    `  step         ${step === '' ? 'none' : step}`,
    `  does         ${label}`,
    ...list('edge from', before ?? []),
    ...list('asks after', after),
    ...list('skipped by', skipWhen),
    ...list('reads', reads),
    ...list('writes', writes),
    ...list('locks', locks.map(lockText)),
    ...hazards.map(
      ({ name, detail, consent }) => `  hazard       ${name}: ${detail} | consent: ${consent ?? 'none is asked for'}`,
    ),
    ...ownLines({ kind, ...own } as Operation),
    ...reversalLines(reversal),
  ];
}

function ownLines(operation: Operation): Lines {
  switch (operation.kind) {
    case 'statement': {
      const { statements, assertions, backlog, onDuplicate, observation, ...rest } = operation;
      return [
        ...facts(rest, '  '),
        ...assertions.map((check) => `  asserts      ${checkText(check)}`),
        ...(backlog ?? []).map(({ settle, rest: left }) => `  works off    ${sqlMark(settle)} | ${sqlMark(left)}`),
        ...(onDuplicate === undefined ? [] : [`  duplicates   ${checkText(onDuplicate.found)}`]),
        ...(onDuplicate === undefined ? [] : [`  mended by    ${sqlMark(onDuplicate.mend)}`]),
        ...(observation === null ? [] : [`  observes     ${checkText(observation.reached)}`]),
        ...(observation?.leftover == null
          ? []
          : [`  leaves       ${checkText(observation.leftover.absent)} | ${sqlMark(observation.leftover.remove)}`]),
        ...statements.map((sent) => `  sends        ${sentText(sent)}`),
      ];
    }
    case 'batch': {
      const { walk, work, pace, quarantine } = operation;
      return [
        `  walks        ${walkText(walk)}`,
        ...workLines(work),
        `  pace         ${canonicalJson(pace)}${quarantine === 0 ? '' : ` quarantine ${quarantine}`}`,
      ];
    }
    case 'check': {
      const { check, ...rest } = operation;
      return [`  checks       ${checkText(check)}`, ...facts(rest, '  ')];
    }
    case 'gate': {
      const { until, ...rest } = operation;
      return [...facts(rest, '  '), ...(until ?? []).map((check) => `  until        ${checkText(check)}`)];
    }
  }
}

function workLines({ strategy, lock, template, onViolation, explain, replay, ...rest }: BatchWork): Lines {
  return [
    `  strategy     ${strategy}`,
    ...(lock === null ? [] : [`  locks rows   ${templateMark(lock)}`]),
    `  sends        ${templateMark(template)}`,
    ...(onViolation === null ? [] : [`  on violation ${templateMark(onViolation)}`]),
    ...Object.entries(replay ?? {}).map(
      ([state, { template: text, key }]) => `  replay       ${state}: ${templateMark(text)} by ${canonicalJson(key)}`,
    ),
    `  explains     ${sqlMark(explain)}`,
    ...facts(rest, '  '),
  ];
}

function reversalLines(reversal: Reversal): Lines {
  if (reversal.kind !== 'operations') return [`  way back     ${reversal.kind}: ${reversal.reason}`];
  return [
    `  way back     ${reversal.kind}`,
    ...reversal.operations.flatMap((operation) => operationLines(operation, null).map((line) => `    ${line}`)),
  ];
}

function walkText({ relation, index, key, filter, ...rest }: KeyWalk): string {
  const columns = key.map(({ name, type, collation }) =>
    [name, type, ...(collation === undefined ? [] : [`COLLATE ${collation}`])].join(' '),
  );
  const where = filter === undefined ? '' : ` where ${filter}`;
  return `${relation} by ${index} (${columns.join(', ')})${where}${facts(rest, ' ').join('')}`;
}

function checkText({ check, name, severity, rows, summary, mask, ...rest }: CheckQuery): string {
  const masked = mask.length === 0 ? '' : ` mask ${mask.join(', ')}`;
  return `${check} "${name}" ${severity}${masked} | rows ${sqlMark(rows)} | summary ${digestMark(summary)}${facts(rest, ' ').join('')}`;
}

function sentText({ sql, parameters }: SqlText): string {
  return `${sqlMark(sql)}${parameters.length === 0 ? '' : ` with ${canonicalJson(parameters)}`}`;
}

function templateMark(template: BatchTemplate): string {
  return sqlMark(template.join('⟨range⟩'));
}

const SHORT = 110;

function sqlMark(sql: string | null): string {
  if (sql === null) return 'nothing';
  const line = sql.replaceAll(/\s+/g, ' ').trim();
  return line.length <= SHORT && line === sql ? line : `${line.slice(0, SHORT).trimEnd()} … ${digestMark(sql)}`;
}

function digestMark(sql: string): string {
  return `#${sha256(sql).slice(0, 10)}`;
}

function lockText({ relation, mode }: RelationLock): string {
  return `${relation} ${mode}`;
}

function list(title: string, items: Lines): Lines {
  return items.length === 0 ? [] : [`  ${title.padEnd(12)} ${items.join(', ')}`];
}

/** Whatever else there is, by its name in the graph. An operation's kind begins its paragraph. */
function facts(rest: Readonly<Record<string, unknown>>, indent = ''): Lines {
  return Object.entries(rest)
    .filter(([name]) => name !== 'kind')
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0) && value !== false)
    .map(([name, value]) => `${indent}${name.padEnd(12)} ${typeof value === 'string' ? value : canonicalJson(value)}`);
}
