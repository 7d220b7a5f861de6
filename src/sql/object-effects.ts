/**
 * What statements about objects other than tables change, as facts for the catalog: functions, views, types, triggers and what
 * hangs on tables, comments. The text of a statement is how to make the object again.
 */
import type { ParsedStatement } from './grammar.js';
import type { NameParts } from './identifier.js';
import { argumentType, grantedFact, objectFact, type ArgumentType, type ObjectFact } from './object-fact.js';
import { nodeAs, relationParts, stringOf, stringsOf, type FieldsOf, type NodeKind } from './tree-walk.js';
import { withoutWords } from './statement-text.js';

export type ObjectEffect =
  /** Where it is there, only OR REPLACE changes it, and keeps what hangs on it. `of`: the relation that it is a part of. */
  | {
      readonly kind: 'object made';
      readonly object: ObjectFact;
      readonly definition: string;
      readonly replaces: boolean;
      readonly of?: NameParts;
    }
  | { readonly kind: 'object dropped'; readonly object: ObjectFact }
  /** It is not known any more how to make it again; if the plan made it, then by what made it and `by`, the statement. */
  | { readonly kind: 'object changed'; readonly object: ObjectFact; readonly by?: string }
  /** In a way that is taken back by setting it to what it was, whatever it is by then. */
  | { readonly kind: 'object altered'; readonly object: ObjectFact; readonly by?: string }
  /** Into another schema too: then `to` has one. */
  | { readonly kind: 'object renamed'; readonly object: ObjectFact; readonly to: NameParts }
  | { readonly kind: 'comment set'; readonly object: ObjectFact; readonly comment: string | null }
  | {
      readonly kind: 'function created';
      readonly object: ObjectFact & { readonly types: readonly ArgumentType[] };
      readonly volatility: 'immutable' | 'stable' | 'volatile';
      readonly definition: string;
      readonly replaces: boolean;
    }
  | { readonly kind: 'function dropped'; readonly object: ObjectFact }
  | {
      readonly kind: 'trigger added';
      readonly relation: NameParts;
      readonly trigger: TriggerFact;
      readonly replaces: boolean;
    }
  | { readonly kind: 'trigger dropped'; readonly relation: NameParts; readonly trigger: string }
  | { readonly kind: 'extension created'; readonly extension: string; readonly definition: string }
  | { readonly kind: 'extension dropped'; readonly extension: string };

export interface TriggerFact {
  readonly name: string;
  /** The statement. */
  readonly definition: string;
  readonly enabled: 'origin';
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[];
}

type Readers = {
  readonly [K in NodeKind]?: (fields: FieldsOf<K>, statement: ParsedStatement) => readonly ObjectEffect[];
};

export const OBJECT_EFFECTS = {
  CreateFunctionStmt: functionCreated,
  AlterFunctionStmt: ({ objtype, func }) => altered(objectFact(objtype, func && { ObjectWithArgs: func })),
  DefineStmt: aggregateCreated,
  CreateTrigStmt: (create, { text }) => [
    {
      kind: 'trigger added',
      relation: relationParts(create.relation!),
      replaces: create.replace === true,
      trigger: { name: create.trigname!, definition: text, enabled: 'origin', events: eventsOf(create.events ?? 0) },
    },
  ],
  CreateExtensionStmt: (create, statement) => [
    {
      kind: 'extension created',
      extension: create.extname!,
      definition: withoutWords(statement, ['IF', 'NOT', 'EXISTS']),
    },
  ],
  RuleStmt: (rule, statement) =>
    made({ kind: 'rule', name: [...relationParts(rule.relation!), rule.rulename!] }, statement, {
      of: relationParts(rule.relation!),
      replaces: rule.replace === true,
    }),
  CreatePolicyStmt: (policy, statement) =>
    made({ kind: 'policy', name: [...relationParts(policy.table!), policy.policy_name!] }, statement, {
      of: relationParts(policy.table!),
    }),
  AlterPolicyStmt: (policy) =>
    altered({ kind: 'policy', name: [...relationParts(policy.table!), policy.policy_name!] }),
  CreateStatsStmt: (create, statement) => {
    const [relation] = (create.relations ?? []).map((node) => nodeAs(node, 'RangeVar'));
    // Without a name the server makes one up.
    if (create.defnames === undefined || relation === undefined) return [];
    return made({ kind: 'statistics object', name: stringsOf(create.defnames) }, statement, {
      of: relationParts(relation),
    });
  },
  AlterStatsStmt: (alter) => altered({ kind: 'statistics object', name: stringsOf(alter.defnames) }),
  AlterSeqStmt: (alter) => altered({ kind: 'sequence', name: relationParts(alter.sequence!) }),
  AlterEnumStmt: (alter) => changed({ kind: 'type', name: stringsOf(alter.typeName) }),
  AlterDomainStmt: domainAltered,
  AlterTypeStmt: (alter) => changed({ kind: 'type', name: stringsOf(alter.typeName) }),
  AlterOwnerStmt: ({ objectType, object, relation }) =>
    altered(objectFact(objectType, object ?? (relation && { List: { items: partsAsNodes(relationParts(relation)) } }))),
  GrantStmt: ({ objtype, objects }) => (objects ?? []).flatMap((object) => altered(grantedFact(objtype, object))),
  CommentStmt: ({ objtype, object, comment }) => {
    const fact = objectFact(objtype, object);
    return fact === undefined ? [] : [{ kind: 'comment set', object: fact, comment: comment ?? null }];
  },
} as const satisfies Readers;

/** Without IF NOT EXISTS: said again, it would let another object pass for this one. */
export function made(
  object: ObjectFact,
  statement: ParsedStatement,
  { of, replaces = false }: { readonly of?: NameParts; readonly replaces?: boolean } = {},
): readonly ObjectEffect[] {
  const definition = withoutWords(statement, ['IF', 'NOT', 'EXISTS']);
  return [{ kind: 'object made', object, definition, replaces, ...(of !== undefined && { of }) }];
}

export function changed(object: ObjectFact | undefined): readonly ObjectEffect[] {
  return object === undefined ? [] : [{ kind: 'object changed', object }];
}

/** Constraints of a domain are objects by themselves; all the rest is what the domain is. */
function domainAltered(alter: FieldsOf<'AlterDomainStmt'>, { text }: ParsedStatement): readonly ObjectEffect[] {
  const domain = stringsOf(alter.typeName);
  const constraint = (name: string): ObjectFact => ({ kind: 'domain constraint', name: [...domain, name] });
  const whole = changed({ kind: 'type', name: domain });
  const added = nodeAs(alter.def, 'Constraint')?.conname;
  if (alter.subtype === 'X') return [...whole, { kind: 'object dropped', object: constraint(alter.name ?? '') }];
  if (alter.subtype === 'V') return [...whole, ...changed(constraint(alter.name ?? ''))];
  if (added === undefined) return altered({ kind: 'type', name: domain });
  return [...whole, { kind: 'object made', object: constraint(added), definition: text, replaces: false }];
}

export function altered(object: ObjectFact | undefined): readonly ObjectEffect[] {
  return object === undefined ? [] : [{ kind: 'object altered', object }];
}

function functionCreated(create: FieldsOf<'CreateFunctionStmt'>, { text }: ParsedStatement): readonly ObjectEffect[] {
  const parameters = (create.parameters ?? []).map((node) => nodeAs(node, 'FunctionParameter')!);
  const types = parameters
    .filter(({ mode }) => mode !== 'FUNC_PARAM_OUT' && mode !== 'FUNC_PARAM_TABLE')
    .map(({ argType }) => argumentType(argType!));
  const volatility = (create.options ?? [])
    .map((node) => nodeAs(node, 'DefElem'))
    .find((option) => option?.defname === 'volatility')?.arg;
  const kind = create.is_procedure === true ? 'procedure' : 'function';
  return [
    {
      kind: 'function created',
      object: { kind, name: stringsOf(create.funcname), types },
      volatility: VOLATILITIES.find((each) => each === (volatility && stringOf(volatility))) ?? 'volatile',
      definition: text,
      replaces: create.replace === true,
    },
  ];
}

/** Operators, collations and text search are not followed. */
function aggregateCreated(define: FieldsOf<'DefineStmt'>, { text }: ParsedStatement): readonly ObjectEffect[] {
  if (define.kind !== 'OBJECT_AGGREGATE') return [];
  const types = (nodeAs(define.args?.[0], 'List')?.items ?? []).flatMap((node) => {
    const type = nodeAs(node, 'FunctionParameter')?.argType;
    return type === undefined ? [] : [argumentType(type)];
  });
  return [
    {
      kind: 'function created',
      object: { kind: 'aggregate', name: stringsOf(define.defnames), types },
      volatility: 'immutable',
      definition: text,
      replaces: define.replace === true,
    },
  ];
}

const VOLATILITIES = ['immutable', 'stable', 'volatile'] as const;

/** The bits of `pg_trigger.tgtype`. */
function eventsOf(bits: number): TriggerFact['events'] {
  const all = [
    [4, 'insert'],
    [16, 'update'],
    [8, 'delete'],
    [32, 'truncate'],
  ] as const;
  return all.filter(([bit]) => (bits & bit) !== 0).map(([, event]) => event);
}

function partsAsNodes(parts: NameParts): { readonly String: { readonly sval: string } }[] {
  return parts.map((sval) => ({ String: { sval } }));
}
