// The list kept on this device, if the visitor says so: the only thing that the page stores, until they say forget.

import { say } from "./words.js";

const NAME = `srec ${location.pathname}`;
const $ = (id) => document.getElementById(id);

// The kept address; null if none is kept, or the browser stores nothing.
export function kept() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

// Keep an address in place of the one that is kept; where none is, nothing is stored.
export function keepUp(address) {
  if (kept() !== null) localStorage.setItem(NAME, address);
}

// addressNow() gives what to keep.
export function startKeeping(addressNow) {
  function draw() {
    $("keep").hidden = false;
    $("keep").setAttribute("aria-pressed", String(kept() !== null));
    $("keep").textContent = say(kept() === null ? "keep" : "forget");
  }
  $("keep").addEventListener("click", () => {
    try {
      if (kept() === null) localStorage.setItem(NAME, addressNow());
      else localStorage.removeItem(NAME);
    } catch {
      return; // a browser that stores nothing keeps nothing
    }
    draw();
  });
  draw();
}
