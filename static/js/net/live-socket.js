// A WebSocket that comes back by itself: back-off with jitter, a watchdog for silence, and the server's close codes.

const FIRST_DELAY = 250; // ms
const SPREAD = 500; // ms over which the pages of a server that restarts come back
const LONGEST_DELAY = 10_000;
const SILENCE = 40_000; // the server's heartbeat comes every 15 s
const CLOSE = { REJOIN: 1012, SIGNED_OUT: 4401, GONE: 4404 };

/**
 * `path()` is asked before each connection, so that it can say how far the reader is. `onFrame` gets each decoded frame;
 * `onState` gets "connecting", "live", "reconnecting", "offline", "signed-out" or "gone"; `onRefused` is called when a
 * connection was refused before it opened (the browser hides why).
 */
export class LiveSocket {
  #socket = null;
  #timer = 0;
  #watchdog = 0;
  #attempts = 0;
  #closed = false;
  #wake = () => this.#reconnectNow();
  #sleep = () => this.#goOffline();

  constructor({ path, onFrame, onState = () => {}, onRefused = () => {} }) {
    Object.assign(this, { path, onFrame, onState, onRefused });
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#sleep);
    document.addEventListener("visibilitychange", this.#wake);
    this.onState("connecting");
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Whether the frame went out; it may still be lost: wait for its `ack`. */
  send(frame) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  close() {
    this.#closed = true;
    removeEventListener("online", this.#wake);
    removeEventListener("offline", this.#sleep);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#drop();
  }

  #connect() {
    clearTimeout(this.#timer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.path()}`);
    let opened = false;
    this.#socket = socket;
    this.#watch();
    socket.onopen = () => {
      opened = true;
    };
    socket.onmessage = ({ data }) => {
      this.#watch();
      this.#receive(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      this.#drop();
      if (code === CLOSE.SIGNED_OUT) return this.#end("signed-out");
      if (code === CLOSE.GONE) return this.#end("gone");
      if (!opened && navigator.onLine) this.onRefused();
      this.#retry(code === CLOSE.REJOIN && this.#attempts === 0 ? Math.random() * SPREAD : this.#delay());
    };
  }

  #receive(frame) {
    this.#attempts = 0;
    this.onState("live");
    this.onFrame(frame);
  }

  #delay() {
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts);
    return longest / 2 + Math.random() * (longest / 2);
  }

  #retry(delay) {
    if (this.#closed) return;
    this.onState(navigator.onLine ? "reconnecting" : "offline");
    this.#attempts += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  #reconnectNow() {
    if (this.#closed || this.#socket || document.hidden) return;
    this.#attempts = 0;
    this.#connect();
  }

  #goOffline() {
    if (this.#closed) return;
    this.#drop();
    this.#retry(this.#delay());
  }

  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#drop();
      this.#retry(0);
    }, SILENCE);
  }

  #end(state) {
    this.onState(state);
    this.close();
  }

  /** Forget the socket, whatever it may still say. */
  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
