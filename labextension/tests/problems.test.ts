import { expect, test } from 'vitest';

import { byTopic, matching, type Problem, problemOf, solved } from '../src/problems';

const problem = (number: number, id: string, facts: Partial<Problem> = {}): Problem => ({
  id,
  number,
  title: `Implement ${id}`,
  difficulty: 'Easy',
  topic: 'Fundamentals',
  notebook: `0${number}_${id}`,
  state: 'to do',
  attempts: 0,
  best_s: null,
  peeked: false,
  hints: [],
  path: null,
  ...facts
});

const ALL = [
  problem(1, 'relu', { state: 'solved' }),
  problem(5, 'attention', { topic: 'Attention', difficulty: 'Hard', state: 'attempted' }),
  problem(7, 'batchnorm', { difficulty: 'Medium' })
];

test.each([
  ['', ['relu', 'attention', 'batchnorm']],
  ['  ', ['relu', 'attention', 'batchnorm']],
  ['HARD', ['attention']],
  ['solved', ['relu']],
  ['to do', ['batchnorm']],
  ['fundamentals med', ['batchnorm']],
  ['7', ['batchnorm']],
  ['<b>', []]
])('the filter %j', (text, ids) => {
  expect(matching(ALL, text).map(p => p.id)).toEqual(ids);
});

test('topics stand in the order of their first problem', () => {
  const groups = [...byTopic(ALL)].map(([topic, problems]) => [topic, problems.map(p => p.number)]);
  expect(groups).toEqual([
    ['Fundamentals', [1, 7]],
    ['Attention', [5]]
  ]);
});

test('solved are counted', () => expect(solved(ALL)).toBe(1));

test.each([
  [{ problem: 'relu' }, 'relu'],
  [{ problem: '' }, null],
  [{ problem: 3 }, null],
  [{}, null],
  ['relu', null],
  [null, null],
  [undefined, null]
])('the metadata %j', (metadata, id) => {
  expect(problemOf(metadata)).toBe(id);
});
