// A long press with a finger, as an act of its own: the click that ends it does not count.
import { useRef } from "../lib/preact.js";

const LONG = 450; // ms
const MOVED = 10; // px

/** What the pressed element needs. */
export function useLongPress(onPress) {
  const press = useRef({ timer: 0, done: false });
  const stop = () => clearTimeout(press.current.timer);
  return {
    onPointerDown: ({ pointerType, clientX: x, clientY: y }) => {
      stop();
      press.current = { timer: 0, done: false, x, y };
      if (pointerType !== "touch") return;
      press.current.timer = setTimeout(() => {
        press.current.done = true;
        onPress();
      }, LONG);
    },
    onPointerMove: ({ clientX, clientY }) => {
      if (Math.hypot(clientX - press.current.x, clientY - press.current.y) > MOVED) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    // A browser's own menu for a link that is pressed for long would be in the way.
    onContextMenu: (event) => press.current.timer && event.preventDefault(),
    onClickCapture: (event) => {
      if (!press.current.done) return;
      press.current.done = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
