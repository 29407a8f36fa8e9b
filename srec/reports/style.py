"""The style of the report's page: dark, readable, narrow enough for a phone; it stands inside the page."""

STYLE = """
:root { color-scheme: dark; --ground: #0f161d; --card: #17212b; --line: #2b3a49; --ink: #dfe7ee;
  --soft: #9fb1c1; --accent: #66c0f4; --good: #8bd17c; --bad: #ff8a80; --warn: #e8d44d; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main, header > div { max-width: 1160px; margin: 0 auto; padding: 0 1.25rem; }
header { background: linear-gradient(160deg, #1b2f42, var(--ground) 75%); padding: 2.5rem 0 1.5rem; }
h1 { font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em;
  overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; margin: 3rem 0 .6rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; color: var(--soft); font-weight: 600; }
p, li { max-width: 75ch; }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; }
nav a { text-decoration: none; }
nav a:hover, nav a:focus { text-decoration: underline; }
.soft { color: var(--soft); }
header p { margin: 0 0 .4rem; color: var(--soft); }
.simulated { background: var(--warn); color: #1d1a00; font-weight: 700; padding: .7rem 1.25rem;
  text-align: center; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.2rem 0; padding: 0; list-style: none; }
.facts li { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .45rem .9rem; }
.facts b { display: block; font-size: 1.2rem; font-variant-numeric: tabular-nums; }
.verdicts { padding-left: 1.1rem; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; margin: .8rem 0;
  background: var(--card); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
.note { color: var(--soft); font-size: .88rem; margin: .4rem 0 1.4rem; }
th, td { padding: .5rem .6rem; text-align: right; white-space: nowrap; vertical-align: top;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child, td:first-child { text-align: left; }
tbody th { font-weight: 600; position: sticky; left: 0; background: var(--card); }
td small { display: block; color: var(--soft); font-size: .77rem; line-height: 1.45; }
td.best > b { color: var(--accent); }
td.best > b::after { content: " ★"; }
dl { margin: 0; }
dt { font-weight: 600; }
dd { margin: 0 0 .7rem; color: var(--soft); font-size: .92rem; }
td small.better { color: var(--good); }
td small.worse { color: var(--bad); }
.figures { display: grid; align-items: start; margin: .8rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr));
  gap: 1rem; }
.figures > div > .wide { margin: 0; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 1rem; min-width: 0; }
figure svg { width: 100%; height: auto; display: block; }
figure svg text { font-family: inherit !important; }
figcaption { color: var(--soft); font-size: .88rem; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; list-style: none; margin: .5rem 0 .3rem;
  padding: 0; font-size: .88rem; }
footer { color: var(--soft); padding: 3rem 0 2rem; font-size: .88rem; }
""".strip()
