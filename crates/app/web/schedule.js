// The only clock of the screen: one requestAnimationFrame loop that runs texts every 250 ms and pictures every second, at most 4 ms a frame.

const EVERY = { text: 250, picture: 1000 };
const BUDGET_MS = 4;

export class Schedule {
  #tasks = { text: new Set(), picture: new Set() };
  #due = { text: 0, picture: 0 };
  #queue = [];
  #queued = new Set();
  #handle = 0;
  #last = 0;
  /** Frames a second, smoothed; zero while hidden. */
  fps = 0;
  slowFrames = 0;
  frames = 0;

  start() {
    if (!this.#handle) this.#handle = requestAnimationFrame(this.#frame);
  }

  stop() {
    cancelAnimationFrame(this.#handle);
    this.#handle = 0;
    this.#last = 0;
  }

  /** Runs `task` at its pace until the returned function is called. A generator is continued over frames. */
  every(pace, task) {
    this.#tasks[pace].add(task);
    return () => {
      this.#tasks[pace].delete(task);
      this.drop(task);
    };
  }

  /** Runs a task once, within the budget of the next frames. */
  soon(task) {
    if (this.#queued.has(task)) return;
    this.#queued.add(task);
    this.#queue.push({ task });
  }

  drop(task) {
    this.#queued.delete(task);
    this.#queue = this.#queue.filter((entry) => entry.task !== task);
  }

  get waiting() {
    return this.#queue.length;
  }

  #frame = (now) => {
    this.#handle = requestAnimationFrame(this.#frame);
    if (this.#last) {
      const took = now - this.#last;
      this.fps = this.fps ? this.fps * 0.95 + (1000 / Math.max(took, 1)) * 0.05 : 1000 / Math.max(took, 1);
      this.frames += 1;
      if (took > 25) this.slowFrames += 1;
    }
    this.#last = now;
    for (const pace of ["text", "picture"]) {
      if (now < this.#due[pace]) continue;
      this.#due[pace] = now + EVERY[pace];
      for (const task of this.#tasks[pace]) this.soon(task);
    }
    const end = performance.now() + BUDGET_MS;
    while (this.#queue.length && performance.now() < end) this.#step(this.#queue[0]);
  };

  #step(entry) {
    if (!entry.steps) {
      const made = entry.task();
      if (made && typeof made.next === "function") entry.steps = made;
    }
    if (entry.steps && !entry.steps.next().done) return;
    this.#queue.shift();
    this.#queued.delete(entry.task);
  }
}
