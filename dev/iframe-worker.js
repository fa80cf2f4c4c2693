// A page that came from a file, and from no server, may start no worker. There the site's search runs in a hidden frame
// of the page instead. The theme looks for the name of this file, and for that of the class.
"use strict";

window.IFrameWorker = class extends EventTarget {
  #frame = document.createElement("iframe");
  #ready;

  constructor(address) {
    super();
    this.#frame.hidden = true;
    document.body.append(this.#frame);
    const inside = this.#frame.contentWindow;
    const load = (source) =>
      new Promise((loaded, failed) => {
        const script = inside.document.createElement("script");
        Object.assign(script, { src: source, onload: loaded, onerror: failed });
        inside.document.body.append(script);
      });
    // what a script finds around it in a worker
    inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
    inside.importScripts = async (...sources) => {
      for (const source of sources) await load(source);
    };
    this.#ready = load(new URL(address, location.href).href);
  }

  async postMessage(data) {
    await this.#ready;
    const inside = this.#frame.contentWindow;
    inside.dispatchEvent(new inside.MessageEvent("message", { data: structuredClone(data) }));
  }

  terminate() {
    this.#frame.remove();
  }
};

if (location.protocol === "file:") window.Worker = window.IFrameWorker;
