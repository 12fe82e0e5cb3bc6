import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Widget } from '@lumino/widgets';

import type { Action, Actions } from './actions';
import type { Ran } from './ran';

export const LABELS: Record<Action, [label: string, title: string]> = {
  check: ['Check', 'Run what is new above, then judge'],
  hint: ['Hint', 'Show the next of three hints'],
  reset: ['Reset', 'Start again from a blank notebook; your work is kept'],
  solution: ['Solution', 'Open the solution beside this notebook'],
  colab: ['Colab', 'Take this notebook to Google Colab']
};

/** Puts the buttons on every notebook whose metadata name a problem, as long as they do. */
export class Toolbar implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  constructor(
    private readonly actions: Actions,
    private readonly ran: Ran
  ) {}

  createNew(panel: NotebookPanel): IDisposable {
    this.ran.watch(panel);
    const buttons = (Object.keys(LABELS) as Action[]).map(action => new Button(action, panel, this.actions));
    const update = () => {
      const named = this.actions.problem(panel) !== null;
      panel.toolbar.toggleClass('tj-toolbar', named);
      buttons.forEach((button, i) => {
        if (!named) {
          button.parent = null; // The arrow keys of JupyterLab's toolbar stop at hidden buttons too.
        } else if (!button.parent) {
          panel.toolbar.insertItem(i, `torch-judge-${button.action}`, button);
        }
        button.refresh();
      });
    };
    const whenReady = () => {
      if (!panel.isDisposed) {
        panel.model?.metadataChanged.connect(update);
        stayUnchanged(panel, () => this.actions.problem(panel) !== null);
        panel.model?.cells.changed.connect(update);
        update();
      }
    };
    void panel.context.ready.then(whenReady);
    this.actions.changed.connect(update);
    return new DisposableDelegate(() => {
      this.actions.changed.disconnect(update);
      buttons.forEach(button => button.dispose());
    });
  }
}

/** JupyterLab notes in the metadata which kernel runs. That is no change of the learner's, and asks for no saving. */
function stayUnchanged(panel: NotebookPanel, isOurs: () => boolean): void {
  panel.model?.metadataChanged.connect((model, { key }) => {
    // Told before the model calls itself changed.
    if (isOurs() && !model.dirty && (key === 'language_info' || key === 'kernelspec')) {
      queueMicrotask(() => (model.dirty = false));
    }
  });
}

/** A button that stays focused, and can be read, while it cannot be used. */
class Button extends Widget {
  constructor(
    readonly action: Action,
    private readonly panel: NotebookPanel,
    private readonly actions: Actions
  ) {
    super();
    const [label] = LABELS[action];
    this.addClass('jp-ToolbarButton');
    this.button.className = `jp-ToolbarButtonComponent tj-button tj-button-${action}`;
    this.button.type = 'button';
    this.button.textContent = label;
    this.button.onclick = () => void this.actions.run(this.action, this.panel);
    // JupyterLab's toolbar would take the focus out of the cell in which the learner types.
    this.button.onmousedown = event => event.preventDefault();
    this.node.append(this.button);
  }

  refresh(): void {
    const refusal = this.actions.refusal(this.action, this.panel);
    const busy = this.action === 'check' && this.actions.isChecking(this.panel);
    this.button.title = refusal || LABELS[this.action][1];
    this.button.setAttribute('aria-disabled', String(refusal !== ''));
    this.button.setAttribute('aria-busy', String(busy));
  }

  private readonly button = document.createElement('button');
}
