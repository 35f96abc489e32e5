import { describe, expect, it } from 'vitest';
import { htmlOf } from './snippet.ts';

describe('htmlOf', () => {
  it('marks matches and escapes everything else', () => {
    expect(htmlOf(`a\u0001b\u0002 <mark>&"'`)).toBe('a<mark>b</mark> &lt;mark&gt;&amp;&quot;&#39;');
  });

  it('shows what stood in for other characters as those, escaped like the others', () => {
    expect(htmlOf('\u0003b\u0004 src\u0005a\u0006ts snake\u0007case')).toBe('&lt;b&gt; src/a.ts snake_case');
  });
});
