/** What decides whether a cell is run. `current`: it ran in this kernel, with this very source. */
export interface CellFacts {
  type: string;
  role?: string;
  source: string;
  current: boolean;
}

/** The cells to run, by index, the check cell last. `check` is one past the end if a check cell must be appended. */
export interface Plan {
  run: number[];
  check: number;
}

export function plan(cells: CellFacts[], problem: string): Plan {
  const found = checkCell(cells, problem);
  const check = found < 0 ? cells.length : found;
  const run = cells.flatMap((cell, i) => (i < check && isDue(cell) ? [i] : []));
  return { run: [...run, check], check };
}

export function checkSource(problem: string): string {
  return `from torch_judge import check\n\ncheck(${JSON.stringify(problem)})`;
}

export function callsCheck(source: string): boolean {
  return /^[^#\n]*\bcheck\(/m.test(source);
}

function isDue(cell: CellFacts): boolean {
  return cell.type === 'code' && cell.role !== 'debug' && !cell.current && cell.source.trim() !== '';
}

function checkCell(cells: CellFacts[], problem: string): number {
  const id = problem.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const call = new RegExp(`^[^#\\n]*\\bcheck\\(\\s*(["'])${id}\\1`, 'm');
  const own = cells.findIndex(cell => cell.type === 'code' && cell.role === 'check' && callsCheck(cell.source));
  return own >= 0 ? own : cells.findIndex(cell => cell.type === 'code' && call.test(cell.source));
}
