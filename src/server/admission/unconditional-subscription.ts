import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ASTVisitor,
  type DirectiveNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';

/**
 * The field of a subscription stands under no condition (GraphQL, September 2025, 5.2.4.1), because a subscription
 * whose field is left out is to nothing.
 */
export function UnconditionalSubscriptionRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (operation !== OperationTypeNode.SUBSCRIPTION) return;
      for (const condition of conditionsIn(context, selectionSet, new Set())) {
        const message = `A subscription's field takes no @${condition.name.value}; subscribe, or do not.`;
        context.reportError(new GraphQLError(message, { nodes: condition }));
      }
    },
  };
}

function conditionsIn(
  context: ValidationContext,
  { selections }: SelectionSetNode,
  seen: Set<string>,
): DirectiveNode[] {
  return selections.flatMap((selection) => {
    const own = (selection.directives ?? []).filter(({ name }) => name.value === 'skip' || name.value === 'include');
    if (selection.kind === Kind.FIELD) return own;
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return [...own, ...conditionsIn(context, selection.selectionSet, seen)];
    const name = selection.name.value;
    const fragment = seen.has(name) ? null : context.getFragment(name);
    seen.add(name);
    return fragment == null ? own : [...own, ...conditionsIn(context, fragment.selectionSet, seen)];
  });
}
