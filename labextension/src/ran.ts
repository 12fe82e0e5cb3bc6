import type { Cell, ICellModel } from '@jupyterlab/cells';
import { type Notebook, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

/**
 * Remembers which source of a cell ran in the present kernel. The execution counts of a notebook do not tell: they are
 * saved with it, and outlive a restart.
 */
export class Ran {
  constructor() {
    NotebookActions.executionScheduled.connect((_, { cell }) => {
      this.scheduled.set(cell.model, sourceOf(cell));
    });
    NotebookActions.executed.connect((_, { notebook, cell, success }) => {
      const source = this.scheduled.get(cell.model);
      if (success && source !== undefined) {
        this.done.set(cell.model, { kernel: this.kernel(notebook), source });
      } else {
        this.done.delete(cell.model);
      }
    });
  }

  watch(panel: NotebookPanel): void {
    const anew = () => void this.kernels.set(panel.content, {});
    panel.sessionContext.kernelChanged.connect(anew);
    panel.sessionContext.statusChanged.connect((_, status) => {
      if (isGone(status)) {
        anew();
      }
    });
  }

  isCurrent(notebook: Notebook, cell: Cell): boolean {
    const done = this.done.get(cell.model);
    return done !== undefined && done.kernel === this.kernel(notebook) && done.source === sourceOf(cell);
  }

  private kernel(notebook: Notebook): object | undefined {
    return this.kernels.get(notebook);
  }

  private readonly scheduled = new WeakMap<ICellModel, string>();
  private readonly done = new WeakMap<ICellModel, { kernel?: object; source: string }>();
  private readonly kernels = new WeakMap<Notebook, object>();
}

export function isGone(status: string): boolean {
  return ['restarting', 'autorestarting', 'terminating', 'dead'].includes(status);
}

function sourceOf(cell: Cell): string {
  return cell.model.sharedModel.getSource();
}
