// Several things chosen in a list at once, as pure functions: one by one, or from one to another.

/** `anchor` is the id from which a range goes. Nothing chosen is no selection: then the list is as it always is. */
export const noSelection = Object.freeze({ ids: new Set(), anchor: null });

export const isSelecting = ({ ids }) => ids.size > 0;

/** With this one chosen, or no longer. */
export function toggled({ ids }, id) {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next.size ? { ids: next, anchor: id } : noSelection;
}

/** With all chosen from the anchor to this one, both among them; `order` holds the ids of the list as they are shown. */
export function upTo({ ids, anchor }, id, order) {
  const [from, to] = [order.indexOf(anchor), order.indexOf(id)];
  if (from < 0 || to < 0) return { ids: new Set(ids).add(id), anchor: id };
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set([...ids, ...range]), anchor };
}

/** With all of a list chosen. */
export const everything = (order) => (order.length ? { ids: new Set(order), anchor: order[0] } : noSelection);

/** What is still chosen, when the list holds only these. */
export function among(selection, order) {
  const known = new Set(order);
  const ids = new Set([...selection.ids].filter((id) => known.has(id)));
  if (ids.size === selection.ids.size) return selection;
  return ids.size ? { ids, anchor: known.has(selection.anchor) ? selection.anchor : null } : noSelection;
}
