import { describe, expect, it } from 'vitest';
import { htmlOf } from './snippet.ts';

describe('htmlOf', () => {
  it('marks matches and escapes everything else', () => {
    expect(htmlOf(`a\u0001b\u0002 <mark>&"'`)).toBe('a<mark>b</mark> &lt;mark&gt;&amp;&quot;&#39;');
  });
});
