import { expect, test } from 'vitest';

import * as words from '../src/words';

test.each([
  ['relu: accepted, 9 of 9 cases pass', 'relu: solved'],
  ['relu: not accepted, 2 of 9 cases pass', 'relu: not solved yet, 2 of 9 cases pass'],
  ['relu: not accepted', 'relu: not solved yet'],
  ['relu: not judged', 'relu: not judged. Read the output of the check cell.'],
  [null, 'relu: nothing was judged. Read the output of the check cell.']
])('the report %j is announced', (verdict, sentence) => {
  expect(words.announced('relu', verdict)).toBe(sentence);
});

test.each([
  ['07_batchnorm.ipynb', '07_batchnorm-old-1.ipynb'],
  ['deep/er/a.ipynb.ipynb', ' a.ipynb-old-1.ipynb'],
  [`q"uo'te <b>.ipynb`, `q"uo'te <b>-old-1.ipynb`]
])('before %j is reset, the copy is named', (path, kept) => {
  expect(words.reset(path)).toContain(kept);
});

test('the place in Colab', () => {
  expect(words.colab('o/n', '07_batchnorm')).toBe(
    'https://colab.research.google.com/github/o/n/blob/main/templates/07_batchnorm.ipynb'
  );
});

test('the history counts', () => {
  const problem = { difficulty: 'Easy', topic: 'T', state: 'attempted' as const, attempts: 1, peeked: true };
  expect(words.history(problem as never)).toBe('Easy · T · ✗\u00a0attempted · 1 attempt · solution seen');
  expect(words.history({ ...problem, attempts: 2, peeked: false } as never)).toBe('Easy · T · ✗\u00a0attempted · 2 attempts');
});

test.each([
  ['07_batchnorm.ipynb', '07_batchnorm_colab.ipynb'],
  ['deep/er/a.ipynb.ipynb', 'a.ipynb_colab.ipynb']
])('%j goes to Colab as %j', (path, name) => {
  expect(words.carriedName(path)).toBe(name);
  expect(words.carried(name)).toContain(name);
});

test.each([
  ['to do', 0, '–\u2060\u00a0to\u00a0do'],
  ['begun', 2, 'begun · 2\u00a0due'],
  ['badge', 0, '★\u00a0badge']
] as const)('a lesson that is %j with %j due', (state, due, text) => {
  expect(words.lesson({ topic: 't', title: 'T', problems: [], state, due })).toBe(text);
});

test('badges are counted', () => {
  const lesson = { topic: 't', title: 'T', problems: [], due: 0 };
  expect(words.badges([{ ...lesson, state: 'badge' }])).toBe('1 badge');
  expect(words.badges([{ ...lesson, state: 'begun' }])).toBe('0 badges');
});
