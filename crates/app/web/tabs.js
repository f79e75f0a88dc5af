// Counts the open tabs of this page, oldest first: browsers allow six connections a site, so from the fourth on a tab polls.

const BEAT_MS = 2000;
const GONE_MS = 7000;

export class Tabs {
  #channel = "BroadcastChannel" in self ? new BroadcastChannel("freehold-tabs") : null;
  #me = { id: Math.random().toString(36).slice(2), since: Date.now() };
  #others = new Map();
  #timer = 0;
  #changed = () => {};

  constructor(changed) {
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }) => {
      const before = this.place;
      if (data.leaves) this.#others.delete(data.id);
      else this.#others.set(data.id, { since: data.since, seen: Date.now() });
      if (data.asks) this.#say({});
      if (this.place !== before) changed();
    };
    this.#changed = changed;
    this.#timer = setInterval(this.#beat, BEAT_MS);
    addEventListener("pagehide", () => this.#say({ leaves: true }));
    this.#say({ asks: true });
  }

  #beat = () => {
    const before = this.place;
    for (const [id, other] of this.#others) if (Date.now() - other.seen > GONE_MS) this.#others.delete(id);
    this.#say({});
    if (this.place !== before) this.#changed();
  };

  #say(more) {
    this.#channel?.postMessage({ ...this.#me, ...more });
  }

  /** Called when a hidden tab gives its connection back, and when it takes one again. */
  visible(is) {
    if (!this.#channel) return;
    if (is) this.#say({ asks: true });
    else this.#say({ leaves: true });
    clearInterval(this.#timer);
    if (is) this.#timer = setInterval(this.#beat, BEAT_MS);
  }

  get open() {
    return this.#others.size + 1;
  }

  /** How many tabs are older than this one. */
  get place() {
    let older = 0;
    for (const [id, other] of this.#others) if (other.since < this.#me.since || (other.since === this.#me.since && id < this.#me.id)) older += 1;
    return older;
  }
}
