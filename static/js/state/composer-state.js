// What the person is writing: text, images that are uploaded or on their way, who and what was picked for it, and why the
// last attempt was refused.
import { drafts, emptyDraft } from "./storage.js";
import { Store } from "./store.js";

const SAVE_DELAY = 250; // ms
const IMAGE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/**
 * `store` holds a draft (see storage.js) and `{uploads: [{key, name, url}], error}`. All but uploads and the error survive a
 * reload, per thread.
 * `upload(file)` gives an image object; `limits` are `{message_chars, images, image_bytes}`.
 */
export class ComposerState {
  #threadId;
  #timer = 0;
  #upload;
  #limits;

  constructor({ threadId, upload, limits }) {
    this.#threadId = threadId;
    this.#upload = upload;
    this.#limits = limits;
    this.store = new Store({ ...drafts.load(threadId), uploads: [], error: null });
    addEventListener("pagehide", () => this.flush());
  }

  get threadId() {
    return this.#threadId;
  }

  /** Another thread's draft; this one's is kept. */
  open(threadId) {
    if (threadId === this.#threadId) return;
    this.flush();
    this.#threadId = threadId;
    this.store.set({ ...drafts.load(threadId), uploads: [], error: null });
  }

  /** The thread that did not exist yet has an id now: the draft goes with it. */
  adopt(threadId) {
    drafts.save(this.#threadId, emptyDraft);
    this.#threadId = threadId;
    this.flush();
  }

  write(text) {
    this.store.patch({ text, error: null });
    this.#saveSoon();
  }

  /** Picks for this message: an agent or a skill (slugs; `""` for none), who else is asked, what a failed command stops. */
  pick(fields) {
    this.store.patch({ ...fields, error: null });
    this.flush();
  }

  fail(error) {
    this.store.patch({ error });
  }

  /** Takes out what was written, to send it. It stays in this browser's keeping until `flush` or `restore`. */
  take() {
    clearTimeout(this.#timer);
    const draft = this.#draft();
    this.store.patch({ ...emptyDraft, error: null });
    return draft;
  }

  /** A message came back: it stands before whatever has been written since. */
  restore({ text, images, skill = "", also = [] }, error) {
    const now = this.store.value;
    const known = new Set(now.images.map((image) => image.id));
    this.store.patch({
      text: [text, now.text].filter(Boolean).join("\n\n"),
      images: [...images.filter((image) => !known.has(image.id)), ...now.images],
      skill: now.skill || skill,
      also: now.also.length ? now.also : also,
      error,
    });
    this.flush();
  }

  async addFiles(files) {
    for (const file of files) {
      const problem = this.#problemOf(file);
      if (problem) this.fail(problem);
      else await this.#add(file);
    }
  }

  removeImage(id) {
    this.store.patch({ images: this.store.value.images.filter((image) => image.id !== id), error: null });
    this.flush();
  }

  flush() {
    clearTimeout(this.#timer);
    drafts.save(this.#threadId, this.#draft());
  }

  #draft() {
    const { text, images, agent, skill, also, onFailure } = this.store.value;
    return { text, images, agent, skill, also, onFailure };
  }

  #saveSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SAVE_DELAY);
  }

  #problemOf(file) {
    const { images, uploads } = this.store.value;
    const name = file.name || "This file";
    const most = Math.round(this.#limits.image_bytes / 1_048_576);
    if (!IMAGE_TYPES.has(file.type))
      return { message: `${name} is no image that can be sent: PNG, JPEG, GIF or WebP.` };
    if (file.size > this.#limits.image_bytes)
      return { message: `${name} is larger than ${most} MB. Make it smaller and try again.` };
    if (images.length + uploads.length < this.#limits.images) return null;
    return { message: `A message can hold ${this.#limits.images} images. Remove one to add another.` };
  }

  async #add(file) {
    const upload = {
      key: crypto.randomUUID?.() ?? String(Math.random()),
      name: file.name,
      url: URL.createObjectURL(file),
    };
    this.store.patch({ uploads: [...this.store.value.uploads, upload], error: null });
    try {
      const { threadId, image } = await this.#upload(file);
      this.#keep(threadId, image);
    } catch (error) {
      this.fail(error);
    } finally {
      URL.revokeObjectURL(upload.url);
      this.store.patch({ uploads: this.store.value.uploads.filter(({ key }) => key !== upload.key) });
    }
  }

  /** An image belongs to the draft it was added to, even if another one is open by now. */
  #keep(threadId, { id, url, name }) {
    const image = { id, url, name };
    if (threadId === this.#threadId) {
      this.store.patch({ images: [...this.store.value.images, image] });
      return this.flush();
    }
    const draft = drafts.load(threadId);
    return drafts.save(threadId, { ...draft, images: [...draft.images, image] });
  }
}
