// The newest reading of each series: a bounded map in which the last one wins. Who draws takes what changed since it last looked.
import { seriesOf } from "./num.js";

const LIMIT = 8000;

export class Store {
  #rows = new Map();
  #changed = new Set();
  /** Accepted updates behind the readings put here. */
  merged = 0;
  messages = 0;

  put(row) {
    const key = seriesOf(row.id);
    const held = this.#rows.get(key);
    this.#rows.delete(key);
    this.#rows.set(key, row);
    this.merged += row.merged || 0;
    if (!held || held.id !== row.id || held.value !== row.value || held.n !== row.n || held.status !== row.status) this.#changed.add(key);
    if (this.#rows.size > LIMIT) {
      const oldest = this.#rows.keys().next().value;
      this.#rows.delete(oldest);
      this.#changed.delete(oldest);
    }
  }

  get(key) {
    return this.#rows.get(key);
  }

  /** The readings that changed since the last call. */
  take() {
    if (!this.#changed.size) return [];
    const rows = [];
    for (const key of this.#changed) rows.push(this.#rows.get(key));
    this.#changed.clear();
    return rows;
  }

  clear() {
    this.#rows.clear();
    this.#changed.clear();
  }

  get size() {
    return this.#rows.size;
  }
}
