// Conversations that are dragged to a folder. Where nothing hovers, a long press chooses instead.
const KIND = "application/x-coday-threads";

export const canDrag = matchMedia("(hover: hover)").matches;

/** The drag carries the ids of threads. */
export function carry(event, ids) {
  event.dataTransfer.setData(KIND, JSON.stringify(ids));
  event.dataTransfer.effectAllowed = "move";
}

/** What a place needs to take threads: `onDrop(ids)`, and `onOver(whether)` something is held over it. */
export const taking = ({ onDrop, onOver }) => ({
  onDragOver: (event) => {
    if (!event.dataTransfer.types.includes(KIND)) return;
    event.preventDefault();
    onOver(true);
  },
  onDragLeave: (event) => !event.currentTarget.contains(event.relatedTarget) && onOver(false),
  onDrop: (event) => {
    const carried = event.dataTransfer.getData(KIND);
    if (!carried) return;
    event.preventDefault();
    onOver(false);
    onDrop(JSON.parse(carried));
  },
});
