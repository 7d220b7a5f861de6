/**
 * Follows SQL through a catalog that changes: which pieces a statement becomes, what each text changes. The forms call back
 * into it for statements that stand for others, and for ways back that are themselves definitions.
 */
import type { CatalogSnapshot, Relation } from '../../catalog/catalog-snapshot.js';
import { applyEffects, type CatalogEffect } from '../../catalog/effects.js';
import { findRelation } from '../../catalog/lookup.js';
import { resolveEffects } from '../../catalog/resolve-effects.js';
import { commandTag } from '../../sql/command-tag.js';
import { ddlEffectsOf } from '../../sql/ddl-effects.js';
import type { ParsedStatement } from '../../sql/grammar.js';
import { relationKey } from '../../sql/identifier.js';
import { fieldsOf, kindOf, relationParts, type NodeKind } from '../../sql/tree-walk.js';
import type { LowerContext } from '../step-definition.js';
import { FORMS } from './forms.js';
import type { Form, FormContext, Piece } from './piece.js';
import type { SpanOf, Tell } from './tell.js';

export interface Expander {
  readonly schema: string;
  piecesOf(statement: ParsedStatement, catalog: CatalogSnapshot): readonly Piece[];
  /** One by one, each with the catalog before it and after it. */
  follow(statements: readonly string[], catalog: CatalogSnapshot): readonly Followed[];
}

export interface Followed {
  readonly statement: ParsedStatement;
  readonly before: CatalogSnapshot;
  readonly effects: readonly CatalogEffect[];
  readonly after: CatalogSnapshot;
}

export function createExpander(context: LowerContext, tell: Tell, spanOf: SpanOf): Expander {
  const { schema } = context;
  const thereBefore = new Set(Object.values(context.catalog.relations).map(({ oid }) => oid));
  /** What a form writes is SQL, or the form is wrong: nothing that was not read may be sent. */
  const parse = (text: string): readonly ParsedStatement[] => {
    const statements = context.statementsOf(text);
    if (statements.length === 0) throw new Error(`a form of ddl wrote what is no SQL: ${text}`);
    return statements;
  };
  const follow: Expander['follow'] = (texts, catalog) => {
    let before = catalog;
    return texts.flatMap(parse).map((statement) => {
      const { effects } = resolveEffects(before, ddlEffectsOf(statement), schema);
      const followed = { statement, before, effects, after: applyEffects(before, effects) };
      before = followed.after;
      return followed;
    });
  };
  const after = (texts: readonly string[], catalog: CatalogSnapshot): CatalogSnapshot =>
    follow(texts, catalog).at(-1)?.after ?? catalog;

  /** `told`: the statement of the plan that stands behind, at which problems are reported. */
  const pieces = (statement: ParsedStatement, catalog: CatalogSnapshot, told: ParsedStatement): readonly Piece[] => {
    const kind = kindOf(statement.node);
    const form = FORMS[kind as NodeKind] as Form<NodeKind> | undefined;
    if (form === undefined) {
      const tag = commandTag(kind, fieldsOf(statement.node));
      tell('LS6203', told, `${tag} is not a definition that \`ddl\` knows.`, 'put it into a `sql` step with `down`');
      return [];
    }
    const at: FormContext = {
      statement,
      catalog,
      schema,
      effects: resolveEffects(catalog, ddlEffectsOf(statement), schema).effects,
      isNew: (relation) => {
        const oid = catalog.relations[relationKey(relation)]?.oid;
        return oid === undefined || !thereBefore.has(oid);
      },
      relation: (name, missingOk = false) => find(relationParts(name), catalog, told, missingOk),
      after: (texts, from = catalog) => after(texts, from),
      expand: (texts, from = catalog) => expand(texts, from, told),
      parse,
      refuse: (code, detail, help) => tell(code, told, detail, help),
      note: (detail) => tell('LS6205', told, detail),
    };
    return form(fieldsOf(statement.node) as never, at);
  };

  const expand = (texts: readonly string[], catalog: CatalogSnapshot, told: ParsedStatement): readonly Piece[] => {
    let current = catalog;
    return texts.flatMap(parse).flatMap((statement) => {
      const own = pieces(statement, current, told);
      current = after(
        own.flatMap((piece) => piece.statements),
        current,
      );
      return own;
    });
  };

  /** Along the search path of a run: the default schema, then `public`. */
  const find = (
    parts: readonly string[],
    catalog: CatalogSnapshot,
    told: ParsedStatement,
    missingOk: boolean,
  ): Relation | undefined => {
    const found = findRelation(catalog, parts, { defaultSchema: schema, span: spanOf(told) });
    if (found.ok) return found.value;
    const shared =
      parts.length === 1 ? catalog.relations[relationKey({ schema: 'public', name: parts[0]! })] : undefined;
    if (shared !== undefined) return shared;
    if (missingOk) tell('LS6205', told, `There is no \`${parts.join('.')}\`.`);
    else found.diagnostics.forEach(context.report);
    return undefined;
  };

  return { schema, piecesOf: (statement, catalog) => pieces(statement, catalog, statement), follow };
}
