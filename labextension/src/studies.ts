import { el } from './elements';
import type { Lesson } from './problems';
import * as words from './words';

/** The lessons, with what was done of each, and what is due today. The lesson of the current problem is marked. */
export class Studies {
  constructor(
    private readonly open: (topic: string) => void,
    private readonly review: () => void
  ) {
    this.node.hidden = true;
  }

  render(lessons: Lesson[], due: string, problem: string | null): void {
    this.node.hidden = !lessons.length;
    const focused = this.node.contains(document.activeElement) && (document.activeElement as HTMLElement).dataset.id;
    const count = el('span', { className: 'tj-soft', textContent: words.badges(lessons) });
    const rows = lessons.map(lesson => this.row(lesson, problem !== null && lesson.problems.includes(problem)));
    this.lessons.replaceChildren(
      el('summary', {}, el('h3', { textContent: 'Lessons' }), count),
      el('ul', { ariaLabel: 'Lessons' }, ...rows)
    );
    this.node.replaceChildren(...(due ? [this.today(due)] : []), this.lessons); // what is due stays in view
    [...this.node.querySelectorAll<HTMLElement>('[data-id]')].find(one => one.dataset.id === focused)?.focus();
  }

  private row(lesson: Lesson, prepares: boolean): HTMLElement {
    const button = el(
      'button',
      { className: 'tj-lesson', title: `lesson("${lesson.topic}")` },
      el('span', { className: 'tj-title', textContent: lesson.title }),
      el('span', { className: `tj-state tj-${lesson.state.replace(' ', '-')}`, textContent: words.lesson(lesson) })
    );
    button.dataset.id = lesson.topic;
    button.onclick = () => this.open(lesson.topic);
    if (prepares) {
      button.setAttribute('aria-current', 'true');
    }
    return el('li', {}, button);
  }

  private today(due: string): HTMLElement {
    const button = el('button', { className: 'tj-step', textContent: 'Review', title: 'Ten minutes of what is due' });
    button.dataset.id = '/review';
    button.onclick = () => this.review();
    return el('div', { className: 'tj-due' }, el('p', { textContent: due }), button);
  }

  readonly node = el('section', { className: 'tj-studies', ariaLabel: 'Lessons and review' });
  private readonly lessons = el('details', { open: true });
}
