// Moving the entries of a list by dragging them, with a mouse, a pen or a finger.
import { useState } from "../../lib/preact.js";

/**
 * `list` refers to the list element, `onDrop(from, to)` is told the places. Returns `(place) => {handle, isDragged}`: the
 * attributes of the handle of the entry at a place, and whether it is being dragged.
 */
export function useDragOrder({ list, onDrop }) {
  const [dragged, drag] = useState(null);
  const placeAt = (y, from) => {
    const others = [...list.current.children].filter((_, place) => place !== from);
    return others.filter((node) => {
      const { top, height } = node.getBoundingClientRect();
      return top + height / 2 < y;
    }).length;
  };
  const handle = (place) => ({
    onPointerDown: (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      drag({ place, y: event.clientY, moved: false });
    },
    onPointerMove: (event) => {
      if (dragged?.place === place && Math.abs(event.clientY - dragged.y) > 4) drag({ ...dragged, moved: true });
    },
    onPointerUp: (event) => {
      if (dragged?.moved) onDrop(place, placeAt(event.clientY, place));
      drag(null);
    },
    onPointerCancel: () => drag(null),
  });
  return (place) => ({ handle: handle(place), isDragged: Boolean(dragged?.moved) && dragged.place === place });
}
