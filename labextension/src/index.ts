import { ILabShell, ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';

import { type Action, Actions } from './actions';
import { callsOurs } from './cells';
import { Panel } from './panel';
import { Ran } from './ran';
import { Announcer } from './say';
import { Store } from './store';
import { LABELS, Toolbar } from './toolbar';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'torch-exercise-judge-lab:plugin',
  description: 'Check, Hint, Reset and Solution on the notebooks of torch-judge, and its side panel.',
  autoStart: true,
  requires: [INotebookTracker, IDocumentManager],
  optional: [ICommandPalette, ISessionContextDialogs, ILayoutRestorer, ILabShell],
  activate
};

export default plugin;

function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  documents: IDocumentManager,
  palette: ICommandPalette | null,
  dialogs: ISessionContextDialogs | null,
  restorer: ILayoutRestorer | null,
  labShell: ILabShell | null
): void {
  const store = new Store();
  const ran = new Ran();
  const panel = new Panel(store, {
    problem: id => void actions.open(id),
    lesson: topic => void actions.lesson(null, topic),
    review: () => void actions.review()
  });
  const show = () => {
    if (!panel.isVisible) {
      panel.leavesFocus = true; // activating would take it out of the notebook
      app.shell.activateById(panel.id);
    }
  };
  const actions = new Actions(store, ran, new Announcer(), documents, show, dialogs ?? undefined);
  app.shell.add(panel, 'left', { rank: 150 });
  restorer?.add(panel, panel.id);
  void labShell?.restored.then(layout => {
    if (layout.fresh) {
      requestAnimationFrame(show); // after the file browser, which shows itself
    }
  });
  app.docRegistry.addWidgetExtension('Notebook', new Toolbar(actions, ran));
  addCommands(app, actions, tracker, panel, palette);

  const follow = () => {
    panel.current = actions.problem(tracker.currentWidget);
    app.commands.notifyCommandChanged();
  };
  tracker.currentChanged.connect((_, notebook) => {
    follow();
    void notebook?.context.ready.then(follow);
  });
  actions.changed.connect(() => app.commands.notifyCommandChanged());
  NotebookActions.executed.connect((_, { cell }) => {
    if (callsOurs(cell.model.sharedModel.getSource())) {
      void store.refresh();
    }
  });
  void store.refresh();
}

function addCommands(
  app: JupyterFrontEnd,
  actions: Actions,
  tracker: INotebookTracker,
  panel: Panel,
  palette: ICommandPalette | null
): void {
  const category = 'torch-judge';
  for (const action of Object.keys(LABELS) as Action[]) {
    const [label, caption] = LABELS[action];
    app.commands.addCommand(`torch-judge:${action}`, {
      label,
      caption,
      isEnabled: () => actions.refusal(action, tracker.currentWidget) === '',
      execute: () => actions.run(action, tracker.currentWidget)
    });
    palette?.addItem({ command: `torch-judge:${action}`, category });
  }
  app.commands.addCommand('torch-judge:panel', {
    label: 'Show the problems',
    caption: 'Open the side panel of torch-judge',
    execute: () => app.shell.activateById(panel.id)
  });
  palette?.addItem({ command: 'torch-judge:panel', category });
  app.commands.addCommand('torch-judge:lesson', {
    label: 'Lesson',
    caption: 'Open the lesson that prepares for this exercise',
    isEnabled: () => actions.lessonOf(tracker.currentWidget) !== undefined,
    execute: () => actions.lesson(tracker.currentWidget)
  });
  palette?.addItem({ command: 'torch-judge:lesson', category });
  app.commands.addCommand('torch-judge:review', {
    label: 'Review',
    caption: 'Open the notebook in which you review what is due',
    execute: () => actions.review()
  });
  palette?.addItem({ command: 'torch-judge:review', category });
}
