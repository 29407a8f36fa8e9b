// Search as you type. A hit is preselected only if the server is sure that it is meant.

import { element } from "./cards.js";
import { say } from "./words.js";

const WAIT_MS = 90;
const $ = (id) => document.getElementById(id);

// find(query, signal) asks the server, taken(id) says what is listed already, take(game, what) says what the visitor
// says of it, and last() removes the last one listed.
export function startSearch({ find, taken, take, last, failed }) {
  let hits = [];
  let sure = false; // of the first hit
  let active = -1;
  let entered = null; // what Enter said before the hits arrived
  let searched = new AbortController();
  let timer;

  function typed() {
    const query = $("search").value.trim();
    if (!query) return close();
    forget();
    active = -1; // the listed hits belong to an older text
    mark();
    timer = setTimeout(() => search(query), WAIT_MS);
  }

  function forget() {
    clearTimeout(timer);
    timer = undefined;
    searched.abort();
    entered = null;
  }

  async function search(query) {
    searched = new AbortController();
    try {
      const found = await find(query, searched.signal);
      hits = found.games.filter((game) => !taken(game.app_id));
      timer = undefined;
      sure = found.sure && found.games[0].app_id === hits[0]?.app_id;
      open(say(found.sure ? "already" : hits.length ? "did_you_mean" : "not_here"));
      if (entered && sure) choose(0, entered);
    } catch (error) {
      if (error.name === "AbortError") return;
      timer = undefined;
      failed();
    }
  }

  function open(otherwise) {
    active = sure ? 0 : -1;
    const rows = hits.map((game, place) => {
      const row = element("li", { id: `hit-${place}` }, element("span", { textContent: game.name }), element("small", { textContent: game.release_year ?? "" }));
      row.setAttribute("role", "option");
      row.setAttribute("aria-keyshortcuts", "Enter Shift+Enter Control+Enter");
      row.append(other("dislike", "Shift", place), other("own", "Ctrl", place));
      row.addEventListener("pointerdown", (event) => event.preventDefault());
      row.addEventListener("click", () => choose(place, "like"));
      return row;
    });
    if (!sure) {
      const none = element("li", { className: "none", textContent: otherwise });
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      rows.unshift(none);
    }
    $("hits").replaceChildren(...rows);
    $("hits").hidden = false;
    $("search").setAttribute("aria-expanded", "true");
    mark();
  }

  // An option holds no buttons: this is for a finger or a mouse, and the keys say the same.
  function other(what, held, place) {
    const made = element("small", { className: "other", textContent: say(what), title: `${held} + Enter` });
    made.setAttribute("aria-hidden", "true");
    made.addEventListener("click", (event) => {
      event.stopPropagation();
      choose(place, what);
    });
    return made;
  }

  function mark() {
    for (const row of $("hits").children) row.setAttribute("aria-selected", String(row.id === `hit-${active}`));
    if (active < 0) return $("search").removeAttribute("aria-activedescendant");
    $("search").setAttribute("aria-activedescendant", `hit-${active}`);
    $(`hit-${active}`).scrollIntoView({ block: "nearest" });
  }

  function close() {
    forget();
    hits = [];
    active = -1;
    $("hits").hidden = true;
    $("hits").replaceChildren();
    $("search").setAttribute("aria-expanded", "false");
    $("search").removeAttribute("aria-activedescendant");
  }

  function choose(place, what) {
    const game = hits[place];
    $("search").value = "";
    close();
    take(game, what);
  }

  function key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const what = event.shiftKey ? "dislike" : event.ctrlKey || event.metaKey ? "own" : "like";
    if (step && hits.length) {
      active = active < 0 && step < 0 ? hits.length - 1 : (active + step + hits.length) % hits.length;
      mark();
    } else if (event.key === "Enter" && active >= 0) {
      choose(active, what);
    } else if (event.key === "Enter" && timer) {
      entered = what;
    } else if (event.key === "Escape") {
      close();
    } else if (event.key === "Backspace" && !event.repeat && !$("search").value) {
      last();
    } else {
      return;
    }
    event.preventDefault();
  }

  $("search").addEventListener("input", typed);
  $("search").addEventListener("keydown", key);
  $("search").addEventListener("blur", close);
}
