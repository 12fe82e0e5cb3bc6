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

/** Whether running the cell may change what was done, in exercises or in lessons. */
export function callsOurs(source: string): boolean {
  return /^[^#\n]*\b(check|answer|cards|drill|explain|quiz|rate|review|reset_progress)\(/m.test(source);
}

/** What of a notebook file matters here. */
export interface NotebookFile {
  cells: { cell_type: string; source: string | string[]; metadata: Record<string, unknown>; [field: string]: unknown }[];
  [field: string]: unknown;
}

/** The notebook with this source in its set-up cell; without such a cell, one comes first. */
export function carrying(notebook: NotebookFile, source: string): NotebookFile {
  const role = { torch_judge: { role: 'install' } };
  const folded = { tags: ['install'], jupyter: { source_hidden: true }, cellView: 'form', ...role };
  const setup = { id: 'install', cell_type: 'code', execution_count: null, metadata: folded, outputs: [], source };
  const at = notebook.cells.findIndex(cell => (cell.metadata.torch_judge as { role?: unknown })?.role === 'install');
  const others = notebook.cells.filter((cell, i) => i !== at && cell.id !== 'install');
  const before = Math.max(at, 0);
  return { ...notebook, cells: [...others.slice(0, before), setup, ...others.slice(before)] };
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
