import { Dialog, type ISessionContextDialogs, Notification, showDialog } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { api } from './api';
import { carrying, type NotebookFile } from './cells';
import { roleOf, runCheck } from './check';
import { el } from './elements';
import { type Lesson, lessonOf, problemOf } from './problems';
import type { Ran } from './ran';
import { type Announcer, guarded } from './say';
import type { Store } from './store';
import * as words from './words';

export type Action = 'check' | 'hint' | 'reset' | 'solution' | 'colab';

/** What the buttons and the commands do, each to the notebook that it is given. */
export class Actions {
  /** Emitted when the answer of `refusal` or `isChecking` may have changed. */
  readonly changed = new Signal<this, void>(this);

  constructor(
    private readonly store: Store,
    private readonly ran: Ran,
    private readonly announcer: Announcer,
    private readonly documents: IDocumentManager,
    private readonly showPanel: () => void,
    private readonly dialogs?: ISessionContextDialogs
  ) {
    store.changed.connect(() => this.changed.emit());
  }

  problem(panel: NotebookPanel | null): string | null {
    return problemOf(panel?.model?.getMetadata('torch_judge'));
  }

  isChecking(panel: NotebookPanel): boolean {
    return this.checking.has(panel);
  }

  /** Why the action does not apply to the notebook now; "" if it does. */
  refusal(action: Action, panel: NotebookPanel | null): string {
    const id = this.problem(panel);
    if (!panel || !id) {
      return 'This notebook belongs to no problem.';
    }
    if (this.store.lacks(id)) {
      return words.unknown(id);
    }
    if (action === 'check' && this.isChecking(panel)) {
      return 'The check is running.';
    }
    const isSolution = panel.content.widgets.some(cell => roleOf(cell) === 'solution');
    return isSolution && (action === 'reset' || action === 'solution') ? 'This is the solution notebook.' : '';
  }

  async run(action: Action, panel: NotebookPanel | null): Promise<void> {
    const id = this.problem(panel);
    if (panel && id && !this.refusal(action, panel)) {
      await guarded(() => this[action](panel, id));
    }
  }

  async open(id: string): Promise<void> {
    await guarded(async () => {
      const { path } = await api.open(id);
      this.documents.openOrReveal(path);
      await this.store.refresh();
    });
  }

  /** Open the lesson of a topic; without one, that of the notebook in front. */
  async lesson(panel: NotebookPanel | null, topic?: string): Promise<void> {
    const wanted = topic ?? this.lessonOf(panel)?.topic;
    if (wanted) {
      await guarded(async () => {
        this.documents.openOrReveal((await api.lesson(wanted)).path);
        await this.store.refresh();
      });
    }
  }

  lessonOf(panel: NotebookPanel | null): Lesson | undefined {
    return lessonOf(this.store.listing?.lessons ?? [], panel?.model?.getMetadata('torch_judge'));
  }

  /** Open the notebook in which `review()` stands. */
  async review(): Promise<void> {
    await guarded(async () => {
      this.documents.openOrReveal((await api.review()).path);
    });
  }

  private async check(panel: NotebookPanel, id: string): Promise<void> {
    this.checking.add(panel);
    this.changed.emit();
    try {
      const sentence = await runCheck(panel, id, this.ran, this.dialogs);
      this.announcer.say(sentence);
      if (sentence === words.died(id)) {
        Notification.warning(sentence, { autoClose: 10_000 });
      }
    } finally {
      this.checking.delete(panel);
      this.changed.emit();
    }
  }

  private async hint(_: NotebookPanel, id: string): Promise<void> {
    const { level, of, text } = await api.hint(id);
    this.showPanel();
    await this.store.refresh();
    this.announcer.say(`${words.hint(level, of)}: ${text}`);
  }

  private async reset(panel: NotebookPanel, id: string): Promise<void> {
    const { context } = panel;
    if (!(await agreed('Start again?', words.reset(context.localPath), 'Reset', true))) {
      return;
    }
    await context.save();
    const { kept } = await api.reset(id, context.localPath);
    // A blank notebook is for reading first: an editor that was open must not show its statement as Markdown source.
    panel.content.mode = 'command';
    await context.revert();
    panel.content.activeCellIndex = 0;
    NotebookActions.renderAllMarkdown(panel.content);
    Notification.success(`The notebook is blank again. Your work is in ${kept}.`, { autoClose: 10_000 });
    await this.store.refresh();
  }

  private async solution(panel: NotebookPanel, id: string): Promise<void> {
    const question = 'You have not solved this problem yet. If you look, that is remembered.';
    const solved = this.store.get(id)?.state === 'solved';
    if (!solved && !(await agreed(`Look at the solution of “${id}”?`, question, 'Look'))) {
      return;
    }
    const { path } = await api.solution(id);
    this.documents.openOrReveal(path, 'default', undefined, { mode: 'split-right', ref: panel.id });
    await this.store.refresh();
  }

  /** Where the notebooks are published, the blank one opens there; else a file that carries the judge is downloaded. */
  private async colab(panel: NotebookPanel, id: string): Promise<void> {
    const repository = this.store.listing?.repository;
    const notebook = this.store.get(id)?.notebook;
    if (repository && notebook) {
      window.open(words.colab(repository, notebook), '_blank', 'noopener');
      return;
    }
    const { source } = await api.colab(id);
    const name = words.carriedName(panel.context.localPath);
    const file = carrying(panel.model!.toJSON() as unknown as NotebookFile, source);
    const url = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1)], { type: 'application/x-ipynb+json' }));
    el('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    Notification.success(words.carried(name), { autoClose: 10_000 });
  }

  private readonly checking = new Set<NotebookPanel>();
}

async function agreed(title: string, body: string, label: string, warn = false): Promise<boolean> {
  const yes = warn ? Dialog.warnButton({ label }) : Dialog.okButton({ label });
  const { button } = await showDialog({ title, body, buttons: [Dialog.cancelButton(), yes], defaultButton: 1 });
  return button.accept;
}
