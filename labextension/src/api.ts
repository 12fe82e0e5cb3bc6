import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { Listing } from './problems';

export const api = {
  problems: () => request<Listing>('problems'),
  open: (problem: string) => request<{ path: string }>('open', { problem }),
  lesson: (topic: string) => request<{ path: string }>('lesson', { topic }),
  review: () => request<{ path: string }>('review', {}),
  hint: (problem: string) => request<{ level: number; of: number; text: string }>('hint', { problem }),
  solution: (problem: string) => request<{ path: string }>('solution', { problem }),
  colab: (problem: string) => request<{ source: string }>('colab', { problem }),
  reset: (problem: string, path: string) => request<{ kept: string }>('reset', { problem, path })
};

/** What the server extension answers. Every error carries a sentence for the learner. */
async function request<T>(endpoint: string, body?: object): Promise<T> {
  const settings = ServerConnection.makeSettings();
  const url = URLExt.join(settings.baseUrl, 'torch-judge', endpoint);
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(url, init, settings);
  } catch {
    throw new Error('The server cannot be reached. See whether it still runs, then try again.');
  }
  const data = await response.json().catch(() => null);
  if (response.ok && data) {
    return data;
  }
  const known = response.status !== 404 && data && typeof data.message === 'string' && data.message;
  throw new Error(known || `The server answered ${response.status}. Restart it, then try again.`);
}
