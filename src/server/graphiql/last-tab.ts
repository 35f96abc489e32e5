/** What GraphiQL is to open with: without it, it opens an empty tab beside those of the last visit. */
export interface LastTab {
  query?: string;
  variables?: string;
}

/**
 * The tab of the last visit that is to be shown: the one with the query of the address, or the one that was in front.
 * GraphiQL compares query and variables, and takes anything that no tab has for a new one.
 *
 * The function runs in the browser: its source text is put into the page, so it may use nothing from outside itself.
 */
export function lastTab(storedTabs: string | null, search: string): LastTab {
  try {
    const { tabs, activeTabIndex } = JSON.parse(storedTabs ?? '') as {
      tabs: { query: string | null; variables: string | null }[];
      activeTabIndex: number;
    };
    const asked = new URLSearchParams(search).get('query');
    const tab = asked ? tabs.find(({ query }) => query === asked) : tabs[activeTabIndex];
    return tab === undefined ? {} : { query: tab.query ?? '', variables: tab.variables ?? '' };
  } catch {
    return {};
  }
}
