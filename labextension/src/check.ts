import type { ISessionContext, ISessionContextDialogs } from '@jupyterlab/apputils';
import type { Cell, CodeCell, ICodeCellModel } from '@jupyterlab/cells';
import { type Notebook, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

import { checkSource, plan } from './cells';
import { isGone, type Ran } from './ran';
import * as words from './words';

/** Run what is due and then the check cell; returns the sentence to announce. */
export async function runCheck(
  panel: NotebookPanel,
  problem: string,
  ran: Ran,
  dialogs?: ISessionContextDialogs
): Promise<string> {
  const notebook = panel.content;
  const session = panel.sessionContext;
  await Promise.all([panel.context.ready, session.ready]);
  const cells = cellsToRun(notebook, problem, ran);
  const check = cells[cells.length - 1];
  const outcome = await Promise.race([run(notebook, cells, session, dialogs), gone(session)]);
  if (outcome === 'gone') {
    return words.died(problem);
  }
  const failed = cells.find(cell => outputs(cell).some(output => output.type === 'error'));
  await reveal(notebook, failed ?? check);
  return failed && failed !== check ? words.stopped(problem) : words.announced(problem, verdict(check));
}

function cellsToRun(notebook: Notebook, problem: string, ran: Ran): Cell[] {
  const facts = notebook.widgets.map(cell => ({
    type: cell.model.type,
    role: roleOf(cell),
    source: cell.model.sharedModel.getSource(),
    current: ran.isCurrent(notebook, cell)
  }));
  const { run, check } = plan(facts, problem);
  if (check === facts.length) {
    notebook.model!.sharedModel.insertCell(check, {
      cell_type: 'code',
      source: checkSource(problem),
      metadata: { torch_judge: { role: 'check' } }
    });
  }
  return run.map(index => notebook.widgets[index]);
}

export function roleOf(cell: Cell): string | undefined {
  const ours = cell.model.getMetadata('torch_judge');
  return typeof ours?.role === 'string' ? ours.role : undefined;
}

/** As NotebookActions run cells, but a learner who was typing goes on typing. */
async function run(
  notebook: Notebook,
  cells: Cell[],
  session: ISessionContext,
  dialogs?: ISessionContextDialogs
): Promise<'ran' | 'gone'> {
  const typing = notebook.mode === 'edit' && notebook.node.contains(document.activeElement);
  const all = NotebookActions.runCells(notebook, cells, session, dialogs);
  if (typing) {
    notebook.mode = 'edit';
  }
  const complete = await all;
  const answered = cells.some(cell => outputs(cell).some(output => output.type === 'error'));
  return complete || answered ? 'ran' : 'gone';
}

function gone(session: ISessionContext): Promise<'gone'> {
  return new Promise(resolve => {
    const look = (_: ISessionContext, status: string) => {
      if (isGone(status)) {
        session.statusChanged.disconnect(look);
        resolve('gone');
      }
    };
    session.statusChanged.connect(look);
  });
}

async function reveal(notebook: Notebook, cell: Cell): Promise<void> {
  await notebook.scrollToItem(notebook.widgets.indexOf(cell), 'auto').catch(() => undefined);
  await new Promise(requestAnimationFrame);
  const output = (cell as CodeCell).outputArea?.node;
  // Of a report that does not fit, the verdict at its top is what must be seen.
  const fits = output && output.offsetHeight < notebook.node.clientHeight;
  output?.scrollIntoView({ block: fits ? 'nearest' : 'start' });
}

/** The label of the judge's report among the outputs. Parsed, never inserted: a learner's output may be anything. */
function verdict(cell: Cell): string | null {
  const reports = outputs(cell)
    .map(output => String((output.data as Record<string, unknown>)['text/html'] ?? ''))
    .flatMap(html => [...new DOMParser().parseFromString(html, 'text/html').querySelectorAll('div.torch-judge')])
    .map(element => element.getAttribute('aria-label'));
  return reports[reports.length - 1] ?? null;
}

function outputs(cell: Cell) {
  const { outputs } = cell.model as ICodeCellModel;
  return Array.from({ length: outputs?.length ?? 0 }, (_, i) => outputs.get(i));
}
