// The person's folders of threads, and which of them are open in this browser.
import { api } from "../net/api.js";
import { openFolders } from "./storage.js";
import { Store } from "./store.js";

/** `store` holds `{folders: [{id, name, position, threads}], open: Set of ids, loaded}`. */
export class Folders {
  constructor() {
    this.store = new Store({ folders: [], open: new Set(openFolders.get()), loaded: false });
  }

  async load() {
    const { results } = await api.folders();
    this.store.patch({ folders: results, loaded: true });
  }

  async create(name) {
    const folder = await api.createFolder({ name });
    this.#put(folder);
    this.setOpen(folder.id, true);
    return folder;
  }

  async change(id, fields) {
    this.#put(await api.updateFolder(id, fields));
  }

  /** Moves a folder to another place among them, counted from 0. */
  async move(id, position) {
    await api.updateFolder(id, { position });
    await this.load();
  }

  /** The folder goes, its threads stay. */
  async remove(id) {
    await api.deleteFolder(id);
    this.store.patch({ folders: this.store.value.folders.filter((folder) => folder.id !== id) });
  }

  setOpen(id, isOpen) {
    const open = new Set(this.store.value.open);
    if (isOpen) open.add(id);
    else open.delete(id);
    this.store.patch({ open });
    openFolders.set([...open]);
  }

  #put(folder) {
    const others = this.store.value.folders.filter(({ id }) => id !== folder.id);
    this.store.patch({ folders: [...others, folder].sort(inOrder) });
  }
}

/** As the server orders them. */
const inOrder = (a, b) => a.position - b.position || a.name.localeCompare(b.name);
