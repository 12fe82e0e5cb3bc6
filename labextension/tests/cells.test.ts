import { describe, expect, test } from 'vitest';

import { callsCheck, callsOurs, carrying, type CellFacts, checkSource, plan } from '../src/cells';

const cell = (source: string, facts: Partial<CellFacts> = {}): CellFacts => ({
  type: 'code',
  source,
  current: false,
  ...facts
});

const NOTEBOOK = [
  cell('# a statement', { type: 'markdown' }),
  cell('def relu(x): ...', { role: 'starter' }),
  cell('relu(1)', { role: 'debug' }),
  cell('check("relu")', { role: 'check' }),
  cell('after = 1')
];

const changed = (at: number, facts: Partial<CellFacts>) => NOTEBOOK.map((c, i) => (i === at ? { ...c, ...facts } : c));

describe('which cells run', () => {
  test.each([
    ['new code above, then the check', NOTEBOOK, [1, 3]],
    ['only the check, if nothing changed', changed(1, { current: true }), [3]],
    ['the check again, though it ran', NOTEBOOK.map(c => ({ ...c, current: true })), [3]],
    ['a debug cell that lost its role', changed(2, { role: undefined }), [1, 2, 3]],
    ['no empty cell', changed(1, { source: ' \n' }), [3]],
    ['the check cell by its source', changed(3, { role: undefined }), [1, 3]],
    ['not a commented check', changed(3, { role: undefined, source: '# check("relu")' }), [1, 3, 4, 5]],
    ['not the check of another problem', changed(3, { role: undefined, source: 'check("gelu")' }), [1, 3, 4, 5]],
    ['one to be appended, if there is none', [cell('a = 1')], [0, 1]],
    ['one to be appended to nothing', [], [0]]
  ])('%s', (_, cells, run) => {
    expect(plan(cells, 'relu').run).toEqual(run);
  });

  test('an id is no pattern', () => {
    expect(plan([cell('check("aab")')], 'a+b').check).toBe(1);
    expect(plan([cell("x = check( 'a+b', seed=1)")], 'a+b').check).toBe(0);
  });
});

test.each([
  ['check("relu")', true],
  ['from torch_judge import check\ncheck("relu")', true],
  ['# check("relu")', false],
  ['recheck("relu")', false],
  ['', false]
])('%j calls check: %s', (source, calls) => {
  expect(callsCheck(source)).toBe(calls);
});

test('the appended cell is found again, whatever the id', () => {
  for (const id of ['relu', 'a+b', 'quo"te']) {
    expect(checkSource(id)).toContain(JSON.stringify(id));
  }
  expect(plan([cell(checkSource('relu'))], 'relu').check).toBe(0);
});

describe('a notebook that carries the judge', () => {
  const statement = { id: 's', cell_type: 'markdown', source: '# s', metadata: {} };
  const setup = { id: 'install', cell_type: 'code', source: 'old', metadata: { torch_judge: { role: 'install' } } };
  const mine = { id: 'm', cell_type: 'code', source: 'mine', metadata: {}, outputs: [] };

  test.each([
    ['in the place of its set-up cell', [statement, setup, mine], [['# s'], ['NEW'], ['mine']]],
    ['first, where there is none', [statement, mine], [['NEW'], ['# s'], ['mine']]],
    ['alone', [], [['NEW']]],
    ['once, where a cell lost its role', [{ ...setup, metadata: {} }, mine], [['NEW'], ['mine']]]
  ])('%s', (_, cells, sources) => {
    const made = carrying({ cells, metadata: { a: 1 }, nbformat: 4 }, 'NEW');
    expect(made.cells.map(cell => [cell.source])).toEqual(sources);
    expect(made.metadata).toEqual({ a: 1 });
    expect(made.cells.find(cell => cell.source === 'NEW')?.metadata.torch_judge).toEqual({ role: 'install' });
  });
});

test.each([
  ['check("relu")', true],
  ['from torch_judge import quiz\nquiz("norms")', true],
  ['answer(3, "C")', true],
  ['x = rate(2)', true],
  ['# review()', false],
  ['reviewed(1)', false],
  ['my_review(1)', false]
])('whether %j may change what was done', (source, ours) => {
  expect(callsOurs(source)).toBe(ours);
});
