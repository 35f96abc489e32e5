import { expect, test } from 'vitest';
import { Topics } from './topics.ts';

test('wakes those who listen to a topic, and nobody else', () => {
  const topics = new Topics();
  const heard: string[] = [];
  topics.listen('a', () => heard.push('a'));
  topics.listen('a', () => heard.push('a too'));
  topics.listen('b', () => heard.push('b'));
  topics.wake('a');
  topics.wake('nothing');
  expect(heard).toEqual(['a', 'a too']);
  topics.wakeAll();
  expect(heard).toEqual(['a', 'a too', 'a', 'a too', 'b']);
});

test('a topic goes with the last who listens, and each goes alone', () => {
  const topics = new Topics();
  const heard: string[] = [];
  const leave = ['one', 'two'].map((who) => topics.listen('a', () => heard.push(who)));
  expect(topics.size).toBe(1);
  leave[0]?.();
  expect(topics.size).toBe(1);
  topics.wake('a');
  expect(heard).toEqual(['two']);
  leave[1]?.();
  expect(topics.size).toBe(0);
});

test('leaving twice takes nothing from those who came since', () => {
  const topics = new Topics();
  const heard: string[] = [];
  const leave = topics.listen('a', () => heard.push('former'));
  leave();
  topics.listen('a', () => heard.push('later'));
  leave();
  topics.wake('a');
  expect(heard).toEqual(['later']);
});
