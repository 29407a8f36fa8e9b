// Recommendations in another site's page: one script tag, and <srec-games liked="620,400" count="6"></srec-games>.
// It needs the other page's policy to allow this server for scripts and requests, and its pictures; no inline style.

(() => {
  const own = new URL(document.currentScript.src);
  const root = new URL("..", own);
  const STYLE = `
    :host { display: block; color: inherit; font: inherit; line-height: 1.4; }
    ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .8rem; margin: 0; padding: 0; list-style: none; }
    li { overflow: hidden; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; }
    img { display: block; width: 100%; aspect-ratio: 460 / 215; object-fit: cover; }
    div { padding: .5rem .7rem; }
    p { margin: .2rem 0 0; font-size: .85em; }
    a { color: inherit; }
  `;

  class Games extends HTMLElement {
    static observedAttributes = ["liked", "disliked", "owned", "count", "by", "popularity", "lang"];

    connectedCallback() {
      this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.shadowRoot.adoptedStyleSheets = [sheet];
      this.show();
    }

    attributeChangedCallback() {
      if (this.shadowRoot) this.show();
    }

    async show() {
      this.asking?.abort();
      this.asking = new AbortController();
      const { signal } = this.asking;
      const list = (name) => (this.getAttribute(name) ?? "").split(",").map((one) => one.trim()).filter(Boolean)
        .map((one) => (/^[1-9]\d{0,9}$/.test(one) ? Number(one) : one));
      const popularity = this.hasAttribute("popularity") ? Number(this.getAttribute("popularity")) : null;
      const said = { liked: list("liked"), disliked: list("disliked"), owned: list("owned"), by: this.getAttribute("by") ?? "smart", popularity };
      try {
        const { PLAIN, wishes } = await import(new URL("address.js", own));
        const { reason, shopLink, element, nameOf } = await import(new URL("cards.js", own));
        const { say, speak } = await import(new URL("words.js", own));
        speak(this.closest("[lang]")?.lang);
        const answer = await ask("api/recommend", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wishes({ ...PLAIN, ...said }, Number(this.getAttribute("count") ?? 6))), signal });
        const ids = answer.named.map((id) => `ids=${id}`).join("&");
        const known = ids ? (await ask(`api/games?${ids}`, { signal })).games : [];
        const names = answer.named.map((id) => nameOf(known.find((game) => game.app_id === id), id));
        const rows = answer.games.map((game) => {
          const facts = element("div", {}, element("a", { href: new URL(`game/${game.app_id}`, root).href, textContent: game.name }));
          if (answer.recommender !== "popular") facts.append(element("p", { textContent: reason(game, names) }));
          if (game.store_url) facts.append(element("p", {}, shopLink(game)));
          const row = element("li", {}, facts);
          if (game.image_url) {
            const image = element("img", { alt: "", loading: "lazy", referrerPolicy: "no-referrer", src: new URL(game.image_url, root).href });
            image.addEventListener("error", () => image.remove());
            row.prepend(image);
          }
          return row;
        });
        const more = new URL(root);
        if (said.liked.length) more.searchParams.set("liked", said.liked.join(","));
        this.shadowRoot.replaceChildren(element("ol", {}, ...rows), element("p", {}, element("a", { href: more.href, textContent: say("more_there") })));
        this.dispatchEvent(new CustomEvent("srec-shown", { detail: answer, bubbles: true }));
      } catch (error) {
        if (error.name === "AbortError") return;
        console.warn(`srec-games: ${error.message}`); // the page around it goes on without it
        this.shadowRoot.replaceChildren();
      }
    }
  }

  async function ask(path, options) {
    const response = await fetch(new URL(path, root), { ...options, credentials: "omit" });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail);
    return answer;
  }

  customElements.define("srec-games", Games);
})();
