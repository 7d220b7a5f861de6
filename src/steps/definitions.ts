/** Definitions that one kind writes and the kind of definitions lowers: the planner brings the two together. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { lowerDdl } from './ddl/lower.js';
import { tellAt } from './ddl/tell.js';
import type { Fragment, LowerContext } from './step-definition.js';

export function definitions(
  context: Omit<LowerContext, 'definitions'>,
): (name: string, texts: readonly string[], catalog: CatalogSnapshot) => Fragment {
  return (name, texts, catalog) => {
    const within: LowerContext = { ...context, catalog, definitions: definitions(context) };
    const spanOf = (): ReturnType<LowerContext['locate']> => context.locate(context.path);
    return lowerDdl(
      texts.flatMap(context.statementsOf),
      within,
      tellAt(context, spanOf),
      spanOf,
      `${context.step}/${name}`,
    );
  };
}
