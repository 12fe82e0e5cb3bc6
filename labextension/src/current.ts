import { el, prose } from './elements';
import { neighbours, type Problem } from './problems';
import * as words from './words';

/** The problem in front: its title and what was done on it stay in view, its hints scroll and can be folded. */
export class Current {
  constructor(private readonly open: (id: string) => void) {
    this.hints.ontoggle = () => (this.folded = !this.hints.open);
  }

  /** `problems` in the order of study; without a current one the `next` is offered. */
  render(problems: Problem[], current: Problem | undefined, next: Problem | undefined): void {
    if (!current) {
      const label = next?.state === 'attempted' ? 'Go on with' : 'Begin with';
      this.node.replaceChildren(...(next ? [this.button(`${label}: ${next.title}`, next, 'tj-begin')] : []));
      this.shown = '';
      return;
    }
    const title = el('h2', { textContent: `${String(current.number).padStart(2, '0')} · ${current.title}` });
    const line = el('p', { className: 'tj-soft', textContent: words.history(current) });
    const beside = neighbours(problems, current.id);
    const steps = el(
      'div',
      { className: 'tj-steps' },
      this.button('‹ Previous', beside.previous),
      this.button('Next ›', beside.next)
    );
    const section = el('section', { className: 'tj-current', ariaLabel: 'Current problem' }, title, line, steps);
    if (current.hints.length) {
      section.append(this.hints);
    }
    this.node.replaceChildren(section);
    this.renderHints(current);
  }

  private renderHints(problem: Problem): void {
    const items = problem.hints.map((text, i) =>
      el('li', {}, el('strong', { textContent: words.hint(i + 1, 3) }), el('p', {}, ...prose(text)))
    );
    const list = el('ol', { className: 'tj-hints', ariaLabel: 'Hints', tabIndex: 0 }, ...items);
    const shown = `${problem.id} ${problem.hints.length}`;
    const fresh = shown !== this.shown;
    const before = this.hints.querySelector('.tj-hints')?.scrollTop ?? 0;
    this.shown = shown;
    this.hints.replaceChildren(el('summary', { textContent: words.hintsShown(problem.hints.length) }), list);
    this.hints.open = fresh || !this.folded;
    // The newest hint is what was asked for; an old one stays where the reader had scrolled it.
    list.scrollTop = fresh ? (items[items.length - 1]?.offsetTop ?? 0) - list.offsetTop : before;
  }

  private button(label: string, to: Problem | undefined, className = ''): HTMLElement {
    const button = el('button', { className: `tj-step ${className}`, textContent: label, disabled: !to });
    button.title = to ? `${to.title} (${to.id})` : '';
    button.onclick = () => to && this.open(to.id);
    return button;
  }

  readonly node = el('div', {});
  private folded = false;
  private shown = '';
  private readonly hints = el('details', { className: 'tj-hint-box' });
}
