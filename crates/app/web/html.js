// Binds htm to preact's h, and names what views use of preact.
import { h, render, Component } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
export { render, Component };

/** An element outside of the virtual document: `data` are its data attributes; names with a dash, and roles, are attributes; the rest are properties. */
export function make(tag, { data, ...rest } = {}, ...children) {
  const element = document.createElement(tag);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(rest)) {
    if (name === "role" || name.includes("-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** A subtree that preact creates once and never touches again: for grids, maps and charts, which own their elements. */
export class Island extends Component {
  shouldComponentUpdate() {
    return false;
  }
  componentDidMount() {
    this.release = this.props.mount(this.element);
  }
  componentWillUnmount() {
    if (this.release) this.release();
  }
  render({ as = "div", name }) {
    return h(as, { class: name, ref: (element) => { if (element) this.element = element; } });
  }
}
