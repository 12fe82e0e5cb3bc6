import { Notification } from '@jupyterlab/apputils';

/** Tells what happened to whoever cannot see it. */
export class Announcer {
  constructor() {
    this.node.className = 'tj-announcer';
    this.node.setAttribute('role', 'status');
    this.node.setAttribute('aria-live', 'polite');
    document.body.append(this.node);
  }

  say(text: string): void {
    // Emptied first: the same sentence twice is no change, and would not be read out.
    this.node.textContent = '';
    requestAnimationFrame(() => (this.node.textContent = text));
  }

  private readonly node = document.createElement('div');
}

/** Run an action; what goes wrong is shown to the learner, and nowhere else. */
export async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (reason) {
    Notification.error((reason as Error)?.message || String(reason), { autoClose: 10_000 });
  }
}
