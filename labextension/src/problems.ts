export type State = 'to do' | 'attempted' | 'solved';

export interface Problem {
  id: string;
  number: number;
  title: string;
  difficulty: string;
  topic: string;
  notebook: string;
  state: State;
  attempts: number;
  best_s: number | null;
  peeked: boolean;
  hints: string[];
  path: string | null;
}

/** `badge`: for its challenge. `due`: how many of its cards and questions come again today. */
export interface Lesson {
  topic: string;
  title: string;
  problems: string[];
  state: 'to do' | 'begun' | 'badge';
  due: number;
}

/** `order`: the ids in the order of study. `next`: what to work on, by what was done so far. `due`: a sentence, "" if nothing is. */
export interface Listing {
  problems: Problem[];
  lessons: Lesson[];
  due: string;
  order: string[];
  next: string | null;
  repository: string | null;
  notices: string[];
}

/** The problem that a notebook's metadata names. What is there may be anything. */
export function problemOf(metadata: unknown): string | null {
  const id = (metadata as { problem?: unknown } | null | undefined)?.problem;
  return typeof id === 'string' && id ? id : null;
}

/** The topic that a lesson's notebook names, or else that of the first lesson that prepares for the problem. */
export function lessonOf(lessons: Lesson[], metadata: unknown): Lesson | undefined {
  const topic = (metadata as { lesson?: unknown } | null | undefined)?.lesson;
  const id = problemOf(metadata);
  return lessons.find(lesson => (topic ? lesson.topic === topic : id !== null && lesson.problems.includes(id)));
}

/** Empty fields let everything through. */
export interface Filter {
  text: string;
  topic: string;
  difficulty: string;
  state: string;
}

/** The problems with the topic, difficulty and state, in which every word of the text occurs. */
export function matching(problems: Problem[], filter: Filter): Problem[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return problems.filter(p => {
    const all = `${p.number} ${p.id} ${p.title} ${p.topic} ${p.difficulty} ${p.state}`.toLowerCase();
    const chosen = (['topic', 'difficulty', 'state'] as const).every(field => !filter[field] || p[field] === filter[field]);
    return chosen && words.every(word => all.includes(word));
  });
}

/** The problems in the order of study; one that the order does not name comes last. */
export function inOrder(listing: Listing): Problem[] {
  const place = new Map(listing.order.map((id, i) => [id, i]));
  return [...listing.problems].sort((a, b) => (place.get(a.id) ?? Infinity) - (place.get(b.id) ?? Infinity) || 0);
}

/**
 * Where Previous and Next lead, in the order of study: back to the problem before, whatever its state, and on to the next
 * that is not solved, around the end; once all are solved, to the problem behind.
 */
export function neighbours(order: Problem[], id: string): { previous?: Problem; next?: Problem } {
  const at = order.findIndex(problem => problem.id === id);
  if (at < 0) {
    return {};
  }
  const rest = [...order.slice(at + 1), ...order.slice(0, at)];
  return { previous: order[at - 1], next: rest.find(problem => problem.state !== 'solved') ?? order[at + 1] };
}

/** Topics in the order of their first problem. */
export function byTopic(problems: Problem[]): Map<string, Problem[]> {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    groups.set(problem.topic, [...(groups.get(problem.topic) ?? []), problem]);
  }
  return groups;
}

export function solved(problems: Problem[]): number {
  return problems.filter(p => p.state === 'solved').length;
}
