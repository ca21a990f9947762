// Named groups of runs: read when a run names one, and again when one is named that is not known.
import { api } from "../net/api.js";

const reading = new WeakMap(); // session → the promise of its groups

/** Reads the groups of a session's thread into its state: once, unless `again`. */
export function loadGroups(session, { again = false } = {}) {
  if (again || !reading.has(session)) {
    const loading = read(session);
    reading.set(session, loading);
    loading.catch(() => reading.delete(session));
  }
  return reading.get(session);
}

async function read(session) {
  const { results } = await api.groups(session.threadId);
  session.apply({ type: "groups", groups: results });
}

/** A new group with these runs (ids) in it. */
export async function makeGroup(session, name, runs) {
  const group = await api.createGroup(session.threadId, { name, runs });
  put(session, group);
  return group;
}

/** Renames a group, or folds it; what is folded is so before the server has agreed. */
export async function changeGroup(session, id, fields) {
  const before = session.state.value.groups[id];
  put(session, { ...before, ...fields });
  try {
    put(session, await api.updateGroup(id, fields));
  } catch (error) {
    put(session, before);
    throw error;
  }
}

/** Takes a group apart; its runs stay. */
export async function removeGroup(session, id) {
  await api.deleteGroup(id);
  const { [id]: _removed, ...groups } = session.state.value.groups;
  session.apply({ type: "groups", groups: Object.values(groups) });
}

function put(session, group) {
  session.apply({ type: "groups", groups: Object.values({ ...session.state.value.groups, [group.id]: group }) });
}
