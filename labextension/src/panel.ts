import { LabIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';

import { byTopic, matching, type Problem, solved } from './problems';
import type { Store } from './store';
import * as words from './words';

const icon = new LabIcon({
  name: 'torch-judge:icon',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><path class="jp-icon3 jp-icon-selectable"
 fill="#616161" d="M12 1c1 4 7 6 7 13a7 8 0 0 1-14 0c0-3 1.5-5 3-6 .2 1.5.8 2.4 1.800 2.800C9.500 7 10 4 12 1z
M10.9 19.200l5.300-5.300-1.400-1.400-3.900 3.900-1.900-1.900-1.400 1.400z" fill-rule="evenodd"/></svg>`
});

/** The side panel: progress, the current problem with its hints, and all problems by topic. */
export class Panel extends Widget {
  constructor(
    private readonly store: Store,
    private readonly open: (id: string) => void
  ) {
    super();
    this.id = 'torch-judge-panel';
    this.addClass('tj-panel');
    this.title.icon = icon;
    this.title.caption = 'torch-judge';
    this.title.label = '';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'torch-judge');
    this.filter.type = 'search';
    this.filter.placeholder = 'Filter by any word';
    this.filter.setAttribute('aria-label', 'Filter the problems');
    this.filter.oninput = () => this.renderList();
    this.list.addEventListener('keydown', event => this.walk(event));
    this.node.append(this.head, this.filter, this.list);
    store.changed.connect(() => this.render());
    this.render();
  }

  /** Mark the problem of the notebook that is in front; null if it has none. */
  set current(id: string | null) {
    if (id !== this.id_) {
      this.id_ = id;
      this.render();
    }
  }

  protected onAfterShow(_: Message): void {
    void this.store.refresh();
  }

  protected onActivateRequest(_: Message): void {
    this.filter.focus();
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
    const current = this.store.get(this.id_);
    if (current) {
      parts.push(section(current));
    }
    this.head.replaceChildren(...parts);
    this.showNewHint(current);
    this.filter.hidden = !listing;
    this.renderList();
  }

  private showNewHint(problem?: Problem): void {
    const shown = `${problem?.id} ${problem?.hints.length}`;
    if (shown !== this.hints && problem?.hints.length) {
      this.head.querySelector('.tj-hints li:last-child')?.scrollIntoView({ block: 'nearest' });
    }
    this.hints = shown;
  }

  private renderList(): void {
    const focused = this.list.contains(document.activeElement) && (document.activeElement as HTMLElement).dataset.id;
    const found = matching(this.store.listing?.problems ?? [], this.filter.value);
    const groups = [...byTopic(found)].map(([topic, problems], i) => {
      const label = el('h3', { id: `tj-topic-${i}`, textContent: topic });
      const rows = el('ul', { ariaLabelledby: label.id }, ...problems.map(problem => this.row(problem)));
      return el('section', {}, label, rows);
    });
    const none = this.store.listing && !found.length;
    this.list.replaceChildren(...groups, ...(none ? [el('p', { textContent: 'No problem matches the filter.' })] : []));
    const buttons = this.buttons();
    const same = buttons.find(button => button.dataset.id === focused);
    const stop = same ?? buttons.find(button => button.hasAttribute('aria-current')) ?? buttons[0];
    stop?.setAttribute('tabindex', '0');
    same?.focus();
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
    button.onclick = () => this.open(problem.id);
    if (problem.id === this.id_) {
      button.setAttribute('aria-current', 'true');
    }
    return el('li', {}, button);
  }

  /** Arrow keys, Home and End walk through the list, which is one stop for the Tab key. */
  private walk(event: KeyboardEvent): void {
    const buttons = this.buttons();
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined || !buttons[to]) {
      return;
    }
    event.preventDefault();
    buttons.forEach((button, i) => (button.tabIndex = i === to ? 0 : -1));
    buttons[to].focus();
  }

  private buttons(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>('.tj-row')];
  }

  private id_: string | null = null;
  private hints = '';
  private readonly head = el('div', { className: 'tj-head' });
  private readonly filter = el('input', { className: 'tj-filter jp-mod-styled' });
  private readonly list = el('div', { className: 'tj-list' });
}

function progress(problems: Problem[]): HTMLElement {
  const count = solved(problems);
  const text = words.progress(count, problems.length);
  const bar = el('progress', { max: Math.max(1, problems.length), value: count, ariaLabel: text });
  return el('div', { className: 'tj-progress' }, el('strong', { textContent: text }), bar);
}

function section(problem: Problem): HTMLElement {
  const heading = el('h2', { textContent: problem.title });
  const hints = problem.hints.map((text, i) =>
    el('li', {}, el('strong', { textContent: words.hint(i + 1, 3) }), el('p', {}, ...prose(text)))
  );
  const list = hints.length ? [el('ol', { className: 'tj-hints', ariaLabel: 'Hints' }, ...hints)] : [];
  const line = el('p', { className: 'tj-soft', textContent: words.history(problem) });
  return el('section', { className: 'tj-current', ariaLabel: 'Current problem' }, heading, line, ...list);
}

function notice(text: string): HTMLElement {
  return el('p', { className: 'tj-notice', textContent: text });
}

/** What stands between backticks as code. */
function prose(text: string): Node[] {
  return text.split('`').map((part, i) => (i % 2 ? el('code', { textContent: part }) : document.createTextNode(part)));
}

/** An element with properties and children. Text is only ever set as text. */
function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown>,
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const { ariaLabelledby, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  if (ariaLabelledby) {
    element.setAttribute('aria-labelledby', String(ariaLabelledby));
  }
  element.append(...children);
  return element;
}
