import type { Filter, Problem } from './problems';
import { el } from './elements';

const STATES = ['to do', 'attempted', 'solved'];
const LEVELS = ['Easy', 'Medium', 'Hard'];

/** The search field and the three choices above the list of problems. */
export class Filters {
  constructor(private readonly changed: () => void) {
    this.text.type = 'search';
    this.text.placeholder = 'Filter by any word';
    this.text.setAttribute('aria-label', 'Filter the problems');
    this.text.oninput = () => this.changed();
    this.node.append(this.text, el('div', { className: 'tj-choices' }, ...Object.values(this.choices)));
    for (const choice of Object.values(this.choices)) {
      choice.onchange = () => this.changed();
    }
    this.fill('difficulty', 'Level', LEVELS);
    this.fill('state', 'State', STATES);
    this.fill('topic', 'Topic', []);
  }

  get value(): Filter {
    const { topic, difficulty, state } = this.choices;
    return { text: this.text.value, topic: topic.value, difficulty: difficulty.value, state: state.value };
  }

  get isActive(): boolean {
    const { text, topic, difficulty, state } = this.value;
    return [text.trim(), topic, difficulty, state].some(Boolean);
  }

  /** The topics that can be chosen are those of the problems. */
  offer(problems: Problem[]): void {
    const topics = [...new Set(problems.map(problem => problem.topic))];
    if (topics.join('\n') !== this.topics) {
      this.topics = topics.join('\n');
      this.fill('topic', 'Topic', topics);
    }
  }

  clear(): void {
    for (const field of [this.text, ...Object.values(this.choices)]) {
      field.value = '';
    }
  }

  focus(): void {
    this.text.focus();
  }

  private fill(name: keyof typeof this.choices, all: string, values: string[]): void {
    const choice = this.choices[name];
    const before = choice.value;
    const options = values.map(value => el('option', { value, textContent: value }));
    choice.replaceChildren(el('option', { value: '', textContent: all }), ...options);
    choice.value = values.includes(before) ? before : '';
  }

  readonly node = el('div', { className: 'tj-filters', role: 'search' });
  private topics = '';
  private readonly text = el('input', { className: 'tj-filter jp-mod-styled' });
  private readonly choices = {
    topic: el('select', { className: 'tj-choice', ariaLabel: 'Topic' }),
    difficulty: el('select', { className: 'tj-choice', ariaLabel: 'Difficulty' }),
    state: el('select', { className: 'tj-choice', ariaLabel: 'State' })
  };
}
