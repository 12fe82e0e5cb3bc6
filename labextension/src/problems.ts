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

export interface Listing {
  problems: Problem[];
  repository: string | null;
  notices: string[];
}

/** The problem that a notebook's metadata names. What is there may be anything. */
export function problemOf(metadata: unknown): string | null {
  const id = (metadata as { problem?: unknown } | null | undefined)?.problem;
  return typeof id === 'string' && id ? id : null;
}

/** The problems in which every word of the text occurs. */
export function matching(problems: Problem[], text: string): Problem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return problems.filter(p => {
    const all = `${p.number} ${p.id} ${p.title} ${p.topic} ${p.difficulty} ${p.state}`.toLowerCase();
    return words.every(word => all.includes(word));
  });
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
