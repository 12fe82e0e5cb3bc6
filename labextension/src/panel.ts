import { LabIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { Current } from './current';
import { el } from './elements';
import { Filters } from './filters';
import { Studies } from './studies';
import { byTopic, inOrder, matching, type Problem, solved } from './problems';
import type { Store } from './store';
import * as words from './words';

/** A list of exercises, some of them done. */
const icon = new LabIcon({
  name: 'torch-judge:icon',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3 jp-icon-selectable"
 fill="#616161" d="M11 4h11v2.500H11zM11 10.750h11v2.500H11zM11 17.500h11v2.500H11zM4.100 8.300L1 5.200l1.300-1.300 1.800 1.800
 3.900-3.900 1.300 1.300zM4.100 15.100L1 12l1.300-1.300 1.800 1.800 3.900-3.900 1.300 1.300zM2 17h4.500v4.500H2zm1.400 1.400v1.700h1.700v-1.700z"
 fill-rule="evenodd"/></svg>`
});

/** What opens the notebook of a problem, of a lesson, and the one in which one reviews. */
export interface Openers {
  problem: (id: string) => void;
  lesson: (topic: string) => void;
  review: () => void;
}

/** The side panel: progress, the current problem with its hints, and all problems by topic. */
export class Panel extends Widget {
  constructor(
    private readonly store: Store,
    private readonly open: Openers
  ) {
    super();
    this.id = 'torch-judge-panel';
    this.addClass('tj-panel');
    this.title.icon = icon;
    this.title.label = 'Exercises';
    this.title.caption = 'torch-judge: the exercises, your progress, your hints';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'torch-judge');
    this.list.addEventListener('keydown', event => this.walk(event));
    this.filters.node.addEventListener('keydown', event => this.enter(event));
    // What is answered by a click runs no cell: look again when the learner comes here.
    this.node.addEventListener('pointerenter', () => void this.store.refresh(true));
    this.node.append(this.head, this.currently.node, this.studies.node, this.filters.node, this.list);
    store.changed.connect(() => this.render());
    this.render();
  }

  /** Mark the problem of the notebook that is in front; null if it has none. */
  set current(id: string | null) {
    if (id !== this.id_) {
      this.id_ = id;
      this.render();
      this.reveal();
    }
  }

  protected onAfterShow(_: Message): void {
    void this.store.refresh();
    this.reveal();
  }

  /** The next activation only shows the panel. */
  leavesFocus = false;

  protected onActivateRequest(_: Message): void {
    if (!this.leavesFocus) {
      this.filters.focus();
    }
    this.leavesFocus = false;
  }

  private get problems(): Problem[] {
    return this.store.listing ? inOrder(this.store.listing) : [];
  }

  private render(): void {
    const { listing, error } = this.store;
    const parts: Node[] = [];
    if (error) {
      const again = el('button', { className: 'jp-mod-styled tj-retry', textContent: 'Retry' });
      again.onclick = () => void this.store.refresh();
      parts.push(el('div', { className: 'tj-error', role: 'alert' }, el('p', { textContent: error }), again));
    }
    if (listing) {
      parts.push(progress(listing.problems), ...listing.notices.map(notice));
    } else if (!error) {
      parts.push(el('p', { textContent: 'Reading the problems …' }));
    }
    this.head.replaceChildren(...parts);
    this.currently.render(this.problems, this.store.get(this.id_), this.store.get(listing?.next ?? null));
    this.studies.render(listing?.lessons ?? [], listing?.due ?? '', this.id_);
    this.filters.node.hidden = !listing;
    this.filters.offer(this.problems);
    this.renderList();
  }

  private renderList(): void {
    const focused = this.list.contains(document.activeElement) && (document.activeElement as HTMLElement).dataset.id;
    const found = matching(this.problems, this.filters.value);
    const groups = [...byTopic(found)].map(([topic, problems]) => this.group(topic, problems));
    const none = this.store.listing && !found.length;
    this.list.replaceChildren(...groups, ...(none ? [this.noMatch()] : []));
    const buttons = this.buttons();
    const same = buttons.find(button => button.dataset.id === focused);
    const stop = same ?? buttons.find(button => button.hasAttribute('aria-current')) ?? buttons[0];
    stop?.setAttribute('tabindex', '0');
    same?.focus();
  }

  /** A topic, which can be folded; what a filter finds is always in view. */
  private group(topic: string, problems: Problem[]): HTMLElement {
    const all = this.problems.filter(problem => problem.topic === topic);
    const count = el('span', { className: 'tj-soft', textContent: words.count(solved(all), all.length) });
    const summary = el('summary', {}, el('h3', { textContent: topic }), count);
    const rows = el('ul', { ariaLabel: topic }, ...problems.map(problem => this.row(problem)));
    const group = el('details', { open: this.filters.isActive || !this.folded.has(topic) }, summary, rows);
    group.ontoggle = () => {
      if (!this.filters.isActive) {
        this.folded[group.open ? 'delete' : 'add'](topic);
      }
    };
    return group;
  }

  private noMatch(): HTMLElement {
    const clear = el('button', { className: 'tj-step', textContent: 'Show all' });
    clear.onclick = () => this.clear();
    return el('div', { className: 'tj-none' }, el('p', { textContent: 'No problem matches the filter.' }), clear);
  }

  private row(problem: Problem): HTMLElement {
    const button = el(
      'button',
      { className: 'tj-row', tabIndex: -1 },
      el('span', { className: 'tj-number', textContent: String(problem.number).padStart(2, '0') }),
      el('span', { className: 'tj-title', textContent: problem.title }),
      el('span', { className: 'tj-difficulty', textContent: problem.difficulty }),
      el('span', { className: `tj-state tj-${problem.state.replace(' ', '-')}`, textContent: words.state(problem) })
    );
    button.dataset.id = problem.id;
    button.title = `${problem.title} (${problem.id})`;
    button.onclick = () => {
      this.clear();
      this.open.problem(problem.id);
    };
    if (problem.id === this.id_) {
      button.setAttribute('aria-current', 'true');
    }
    return el('li', {}, button);
  }

  private clear(): void {
    if (this.filters.isActive) {
      this.filters.clear();
      this.renderList();
      this.reveal();
    }
  }

  /** Scroll the list, and nothing around it, to the current problem. */
  private reveal(): void {
    const row = this.buttons().find(button => button.hasAttribute('aria-current'));
    const group = row?.closest('details');
    if (row && group && this.list.clientHeight) {
      group.open = true;
      const [list, own] = [this.list.getBoundingClientRect(), row.getBoundingClientRect()];
      if (own.top < list.top || own.bottom > list.bottom) {
        this.list.scrollTop += own.top - list.top - (list.height - own.height) / 2;
      }
    }
  }

  /** Arrow keys, Home and End walk through the list, which is one stop for the Tab key. */
  private walk(event: KeyboardEvent): void {
    const buttons = this.buttons().filter(button => button.closest('details')?.open);
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined || !buttons[to]) {
      return;
    }
    event.preventDefault();
    this.buttons().forEach(button => (button.tabIndex = button === buttons[to] ? 0 : -1));
    buttons[to].focus();
  }

  /** From the field in which one types, the arrow down leads into the list. */
  private enter(event: KeyboardEvent): void {
    const stop = this.buttons().find(button => button.tabIndex === 0);
    if (event.key === 'ArrowDown' && event.target instanceof HTMLInputElement && stop) {
      event.preventDefault();
      stop.focus();
    }
  }

  private buttons(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>('.tj-row')];
  }

  private id_: string | null = null;
  private readonly folded = new Set<string>();
  private readonly head = el('div', { className: 'tj-head' });
  private readonly currently = new Current(id => this.open.problem(id));
  private readonly studies = new Studies(
    topic => this.open.lesson(topic),
    () => this.open.review()
  );
  private readonly filters = new Filters(() => {
    this.renderList();
    this.list.scrollTop = 0;
  });
  private readonly list = el('div', { className: 'tj-list' });
}

function progress(problems: Problem[]): HTMLElement {
  const count = solved(problems);
  const text = words.progress(count, problems.length);
  const bar = el('progress', { max: Math.max(1, problems.length), value: count, ariaLabel: text });
  return el('div', { className: 'tj-progress' }, el('strong', { textContent: text }), bar);
}

function notice(text: string): HTMLElement {
  return el('p', { className: 'tj-notice', textContent: text });
}
