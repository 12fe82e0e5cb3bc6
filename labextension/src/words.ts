import type { Lesson, Problem, State } from './problems';

const SYMBOLS: Record<State, string> = { 'to do': '–\u2060', attempted: '✗', solved: '✓' };

/** In one piece: the joiner keeps a line from ending behind the dash. */
export function state(problem: Problem): string {
  return `${SYMBOLS[problem.state]}\u00a0${problem.state.replace(' ', '\u00a0')}`;
}

const LESSONS: Record<Lesson['state'], string> = { 'to do': '–\u2060\u00a0to\u00a0do', begun: 'begun', badge: '★\u00a0badge' };

/** What was done of a lesson, and how much of it is due. */
export function lesson(lesson: Lesson): string {
  return LESSONS[lesson.state] + (lesson.due ? ` · ${lesson.due}\u00a0due` : '');
}

/** How many badges there are, for the heading of the lessons. */
export function badges(lessons: Lesson[]): string {
  const count = lessons.filter(one => one.state === 'badge').length;
  return count === 1 ? '1 badge' : `${count} badges`;
}

export function progress(solved: number, total: number): string {
  return `${solved} of ${total} solved`;
}

export function count(solved: number, total: number): string {
  return `${solved} of ${total}`;
}

/** The line below the current problem's title. */
export function history(problem: Problem): string {
  const parts = [`${problem.difficulty} · ${problem.topic}`, state(problem)];
  if (problem.attempts) {
    parts.push(problem.attempts === 1 ? '1 attempt' : `${problem.attempts} attempts`);
  }
  if (problem.peeked) {
    parts.push('solution seen');
  }
  return parts.join(' · ');
}

export function hintsShown(count: number): string {
  return count === 1 ? '1 hint' : `${count} hints`;
}

export function hint(level: number, of: number): string {
  return `Hint ${level} of ${of}`;
}

/** What is announced after a check. `verdict` is the label of the judge's report, null if there is none. */
export function announced(problem: string, verdict: string | null): string {
  if (verdict === null) {
    return `${problem}: nothing was judged. Read the output of the check cell.`;
  }
  const [, sentence] = verdict.match(/^[^:]*: ([^]*)$/) ?? ['', verdict];
  if (sentence.startsWith('not judged')) {
    return `${problem}: not judged. Read the output of the check cell.`;
  }
  return sentence.startsWith('accepted') ? `${problem}: solved` : `${problem}: not solved yet${tally(sentence)}`;
}

export function stopped(problem: string): string {
  return `${problem}: not judged, because a cell above raised an error. Mend that cell, then check again.`;
}

export function died(problem: string): string {
  return `${problem}: not judged, because the kernel died or was restarted. Check again: every cell is run anew.`;
}

export function unknown(problem: string): string {
  return `There is no problem “${problem}” here: the notebook's metadata name one that this judge does not know.`;
}

/** Where the old work is kept, said before anything is done; the number is the first that is free. */
export function reset(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.ipynb$/, '');
  return `The notebook is replaced by a blank one. Your work is kept beside it as ${name}-old-1.ipynb (or the next free number).`;
}

export function colab(repository: string, notebook: string): string {
  return `https://colab.research.google.com/github/${repository}/blob/main/templates/${encodeURIComponent(notebook)}.ipynb`;
}

/** The file that is taken to Colab, by the notebook's path. */
export function carriedName(path: string): string {
  return `${path.slice(path.lastIndexOf('/') + 1).replace(/\.ipynb$/, '')}_colab.ipynb`;
}

export function carried(name: string): string {
  return `${name} is downloaded, with your work and the judge in it. In Colab: File, Upload notebook.`;
}

function tally(sentence: string): string {
  const comma = sentence.indexOf(',');
  return comma < 0 ? '' : sentence.slice(comma);
}
