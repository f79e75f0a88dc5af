// Binds htm to preact's h, and names what views use of preact.
import { h, render, Component, Fragment } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
export { render, Component, Fragment };

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
