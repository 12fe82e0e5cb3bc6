import { Signal } from '@lumino/signaling';

import { api } from './api';
import type { Listing, Problem } from './problems';

/** The problems as the server told them last, shared by the panel and every toolbar. */
export class Store {
  readonly changed = new Signal<this, void>(this);
  listing: Listing | null = null;
  error = '';

  /** `changed` is emitted in any case; with `onlyNews` not if the server tells the same again. */
  async refresh(onlyNews = false): Promise<void> {
    const call = ++this.calls;
    let listing = this.listing;
    let error = '';
    try {
      listing = await api.problems();
    } catch (reason) {
      error = (reason as Error).message;
    }
    if (call !== this.calls) {
      return; // A later call knows more.
    }
    const same = error === this.error && JSON.stringify(listing) === JSON.stringify(this.listing);
    if (onlyNews && same) {
      return; // What is under the pointer stays as it is.
    }
    this.listing = listing;
    this.error = error;
    this.changed.emit();
  }

  get(id: string | null): Problem | undefined {
    return this.listing?.problems.find(problem => problem.id === id);
  }

  /** Whether the problem is certainly not in the bank. Without a listing nothing is certain. */
  lacks(id: string): boolean {
    return this.listing !== null && !this.get(id);
  }

  private calls = 0;
}
