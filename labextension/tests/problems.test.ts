import { expect, test } from 'vitest';

import { byTopic, inOrder, type Lesson, lessonOf, matching, neighbours, type Problem, problemOf, solved } from '../src/problems';

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
  expect(matching(ALL, { text, topic: '', difficulty: '', state: '' }).map(p => p.id)).toEqual(ids);
});

test.each([
  [{ topic: 'Attention' }, ['attention']],
  [{ topic: 'Atten' }, []],
  [{ difficulty: 'Medium' }, ['batchnorm']],
  [{ state: 'to do' }, ['batchnorm']],
  [{ topic: 'Fundamentals', state: 'solved' }, ['relu']],
  [{ topic: 'Fundamentals', text: 'norm' }, ['batchnorm']],
  [{ topic: 'Attention', state: 'solved' }, []]
])('the choices %j', (choices, ids) => {
  const filter = { text: '', topic: '', difficulty: '', state: '', ...choices };
  expect(matching(ALL, filter).map(p => p.id)).toEqual(ids);
});

test('the order of study is the server\'s, and what it does not name comes last', () => {
  const listing = { problems: ALL, order: ['attention', 'relu'], next: null, repository: null, notices: [] };
  expect(inOrder(listing).map(p => p.id)).toEqual(['attention', 'relu', 'batchnorm']);
  expect(ALL.map(p => p.id)).toEqual(['relu', 'attention', 'batchnorm']);
});

test.each([
  ['relu', ['solved', 'to do', 'to do'], undefined, 'attention'],
  ['relu', ['solved', 'solved', 'to do'], undefined, 'batchnorm'],
  ['attention', ['to do', 'to do', 'solved'], 'relu', 'relu'],
  ['batchnorm', ['solved', 'attempted', 'to do'], 'attention', 'attention'],
  ['relu', ['solved', 'solved', 'solved'], undefined, 'attention'],
  ['batchnorm', ['solved', 'solved', 'solved'], 'attention', undefined],
  ['gone', ['to do', 'to do', 'to do'], undefined, undefined]
] as const)('beside %s, where the states are %j', (id, states, previous, next) => {
  const order = ALL.map((p, i) => ({ ...p, state: states[i] }));
  const found = neighbours(order, id);
  expect([found.previous?.id, found.next?.id]).toEqual([previous, next]);
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

const LESSONS: Lesson[] = [
  { topic: 'norms', title: 'Norms', problems: ['batchnorm', 'rmsnorm'], state: 'begun', due: 3 },
  { topic: 'masks', title: 'Masks', problems: ['attention', 'rmsnorm'], state: 'to do', due: 0 }
];

test.each([
  [{ lesson: 'masks' }, 'masks'],
  [{ problem: 'batchnorm' }, 'norms'],
  [{ problem: 'rmsnorm' }, 'norms'],
  [{ problem: 'relu' }, undefined],
  [{ lesson: 'gone' }, undefined],
  [{ lesson: 7 }, undefined],
  [null, undefined],
  ['<b>', undefined]
])('the metadata %j lead to the lesson %j', (metadata, topic) => {
  expect(lessonOf(LESSONS, metadata)?.topic).toBe(topic);
});
