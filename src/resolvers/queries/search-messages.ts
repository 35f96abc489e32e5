import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, Info, Query, Resolver } from 'type-graphql';
import { SearchArguments } from '../../schema/arguments/search-arguments.ts';
import { MessageSearchConnection } from '../../schema/types/message-search.ts';
import { pageRequestOf } from '../../services/reading/page-request.ts';
import { searchMessages, type SearchPage } from '../../services/search/search.ts';
import type { OperationContext } from '../context.ts';
import { selectedThroughEdges } from '../selection.ts';

@Resolver()
export class SearchMessagesQuery {
  @Query(() => MessageSearchConnection, {
    description:
      'Full-text search over everything the viewer may read, best match first, with highlighted snippets. Web-search syntax; Russian and English.',
  })
  searchMessages(
    @Args(() => SearchArguments) search: SearchArguments,
    @Ctx() context: OperationContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SearchPage> {
    return searchMessages(context.reader, {
      query: search.query,
      request: pageRequestOf(search),
      filter: search.filter ?? {},
      columns: selectedThroughEdges(info, 'Message', 'MessageSearch').columns,
    });
  }
}
