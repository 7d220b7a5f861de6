/**
 * Whose code would run: by step, what the author of a plan must consent to. A name without a schema means what the first schema of the
 * path has under it, so who may create something there can put code into a batch, a check or a mirror. And whoever owns a table decides
 * what runs when it is written: for a superuser that is code with all rights.
 */
import type { CatalogSnapshot, Relation } from '../catalog/catalog-snapshot.js';
import { report, type Scope } from '../catalog/scope.js';
import type { Stranger, StrangersObject } from '../catalog/trust.js';
import type { Plan } from '../document/plan.js';
import type { Hazard, HazardName } from '../operation/hazard.js';
import type { Operation } from '../operation/operation.js';
import { HAZARD_CODES } from '../steps/hazard-codes.js';
import type { FamilyOf } from './partition-families.js';
import { changesRows, type StepOperations } from './place-preconditions.js';
import { searchPathOf } from './search-path.js';

interface Asked {
  readonly name: HazardName;
  readonly detail: string;
  readonly help: string;
}

/** The same steps, with the hazards that were consented to; the others are reported. */
export function askForTrust<Step extends StepOperations & { readonly shown: { readonly id: string } }>(
  steps: readonly Step[],
  plan: Plan,
  catalog: CatalogSnapshot,
  familyOf: FamilyOf,
  scope: Pick<Scope, 'report'>,
): readonly Step[] {
  const { trust } = catalog;
  if (trust === undefined) return steps;
  const touched = new Map(steps.map((step) => [step, touchedBy(step, catalog, familyOf)]));
  const owners = new Set([...touched.values()].flat().map(({ owner }) => owner));
  const path = searchPathOf(plan.defaults, catalog);
  const strangers = trust.strangers.filter(({ role }) => !owners.has(role));
  return steps.map((step) => {
    const index = plan.steps.findIndex(({ id }) => id === step.shown.id);
    const { allow, kind } = plan.steps[index]!;
    const asked = [...untrusted(step, touched.get(step)!, strangers, path), ...asSuperuser(step, catalog, familyOf)];
    const hazards = asked.map(({ name, detail, help }): Hazard => {
      const consent = allow[name] ?? null;
      if (consent === null)
        report(scope, HAZARD_CODES, 'LS6201', plan.source.spanOf(['steps', index, kind], 'key'), {
          detail: `\`${name}\`: ${detail}`,
          help: `${help}; or consent on the step: allow: { ${name}: reason }`,
        });
      return { name, detail, consent };
    });
    if (hazards.length === 0) return step;
    const first = step.operations.find(sends);
    const operations = step.operations.map((operation) =>
      operation === first ? { ...operation, hazards: [...operation.hazards, ...hazards] } : operation,
    );
    return { ...step, operations };
  });
}

function untrusted(
  step: StepOperations,
  tables: readonly Relation[],
  strangers: readonly Stranger[],
  path: readonly string[],
): readonly Asked[] {
  const operations = step.operations.filter(sends);
  if (operations.length === 0) return [];
  const types = tables.flatMap(({ columns }) => columns.map(({ type }) => type));
  const texts = JSON.stringify([...operations, ...step.preconditions, ...types]).replaceAll('\\"', '"');
  const relevant = strangers.filter(({ schema, owns }) =>
    owns === null ? path.includes(schema) : isNamed(owns, schema, path.includes(schema), texts),
  );
  if (relevant.length === 0) return [];
  const told = relevant
    .slice(0, MOST)
    .map(({ role, schema, owns }) =>
      owns === null
        ? `\`${role}\` may create functions and operators in schema \`${schema}\` of the search path`
        : `${owns.kind} \`${owns.identity}\`, which the step's texts may mean, belongs to \`${role}\``,
    );
  const more = relevant.length > MOST ? `; and ${relevant.length - MOST} more` : '';
  const detail = `${told.join('; ')}${more}. What stands there runs in place of what the plan means, with the rights of who runs it.`;
  return [
    {
      name: 'untrusted_schema',
      detail,
      help: relevant
        .slice(0, MOST)
        .map(({ remedy }) => remedy)
        .join('; '),
    },
  ];
}

const MOST = 5;

/** Each name once is enough: which of several functions is meant is the server's to say, and changes with each one that comes. */
function isNamed({ kind, name }: StrangersObject, schema: string, inPath: boolean, texts: string): boolean {
  if (kind === 'operator') return inPath && texts.includes(name);
  // A cast is not written down where it is implicit; its function is called by it.
  if (kind === 'cast') return true;
  return (inPath ? [name] : [`${schema}.${name}`, `${schema}"."${name}`, `${schema}."${name}`]).some((text) =>
    new RegExp(`(?<![\\w$])${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w$])`, 'i').test(texts),
  );
}

/** Batches and mirrors fire triggers and evaluate expressions of whoever owns the table; a definition does not. */
function asSuperuser(step: StepOperations, catalog: CatalogSnapshot, familyOf: FamilyOf): readonly Asked[] {
  const { trust, server } = catalog;
  if (trust?.superuser !== true || !step.operations.some(({ kind }) => kind === 'batch')) return [];
  const written = step.operations.filter(changesRows).flatMap(({ writes }) => writes);
  const others = relationsOf(written, catalog, familyOf).filter(
    ({ owner, oid }) => oid > 0 && owner !== server.user && !trust.superusers.includes(owner),
  );
  if (others.length === 0) return [];
  const owners = [...new Set(others.map(({ owner }) => owner))].sort();
  const list = owners.map((owner) => `\`${owner}\``).join(', ');
  const one = owners.length === 1;
  return [
    {
      name: 'runs_as_superuser',
      detail: `\`${server.user}\` is a superuser, and writes tables of ${list}: triggers, checks and functions that ${one ? 'this role puts' : 'these roles put'} there run with all rights.`,
      help: one ? `connect as ${list}, or as a member of it` : `connect as a member of ${list}`,
    },
  ];
}

function touchedBy({ operations }: StepOperations, catalog: CatalogSnapshot, familyOf: FamilyOf): readonly Relation[] {
  return relationsOf(
    operations.flatMap(({ reads, writes }) => [...reads, ...writes]),
    catalog,
    familyOf,
  );
}

function relationsOf(keys: readonly string[], catalog: CatalogSnapshot, familyOf: FamilyOf): readonly Relation[] {
  return [...new Set(keys.flatMap(familyOf))].flatMap((key) => catalog.relations[key] ?? []);
}

/** SQL in which names are looked up. */
function sends(operation: Operation): boolean {
  return changesRows(operation) || operation.kind === 'check';
}
