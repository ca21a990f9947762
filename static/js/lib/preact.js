// The view library: Preact, its hooks, and `html` tagged templates instead of JSX (no build step).
import htm from "../../vendor/htm-3.1.1/htm.mjs";
import { Component, h } from "../../vendor/preact-11.2.0/preact.mjs";

export { Component, createContext, Fragment, render } from "../../vendor/preact-11.2.0/preact.mjs";
export {
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "../../vendor/preact-11.2.0/hooks.mjs";

export const html = htm.bind(h);

/** A component that renders again only when one of its props is another value. */
export function memo(component) {
  return class extends Component {
    shouldComponentUpdate(next) {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]);
      return [...names].some((name) => !Object.is(this.props[name], next[name]));
    }

    render() {
      return html`<${component} ...${this.props} />`;
    }
  };
}
