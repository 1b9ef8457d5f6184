/** Light or dark as the reader has it; one column on a phone. */
export const STYLE = `
:root { --ink: #1c1b1a; --soft: #6a6660; --paper: #fbfaf8; --card: #fff; --line: #e4e0d9; --accent: #b4532a; --code: #f3f0ea;
  --get: #1f6f54; --post: #2f5fa8; --patch: #8a5a00; --delete: #a8322f; --good: #1f6f54; --bad: #a8322f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eae6df; --soft: #a09a90; --paper: #171614; --card: #1f1e1b; --line: #35322d; --accent: #e08a5f; --code: #2a2824;
    --get: #63c09c; --post: #85aef0; --patch: #e0b15c; --delete: #ee8682; --good: #63c09c; --bad: #ee8682; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body { margin: 0; display: grid; grid-template-columns: 15rem minmax(0, 1fr); background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem; border-right: 1px solid var(--line); }
nav ul { list-style: none; margin: 1rem 0 0; padding: 0; }
nav a { display: flex; justify-content: space-between; gap: .5rem; padding: .3rem .5rem; border-radius: 6px; color: var(--ink);
  text-decoration: none; font-size: .92rem; }
nav a:hover { background: var(--code); }
nav a span { color: var(--soft); }
nav .home { font-weight: 700; font-size: 1.1rem; color: var(--accent); }
main { max-width: 60rem; width: 100%; padding: 2rem 2rem 6rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h1 small { color: var(--soft); font-size: 1rem; font-weight: 400; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h4 { font-size: .85rem; margin: 1.25rem 0 .4rem; color: var(--soft); font-weight: 600; }
p { margin: .5rem 0; }
a { color: var(--accent); }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { background: var(--code); padding: .1em .3em; border-radius: 4px; }
pre { background: var(--code); padding: .8rem 1rem; border-radius: 8px; overflow-x: auto; margin: .4rem 0; }
pre code { background: none; padding: 0; user-select: all; -webkit-user-select: all; }
.operation { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; }
.operation > summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .7rem; padding: .65rem .9rem; cursor: pointer;
  list-style: none; }
.operation > summary::-webkit-details-marker { display: none; }
.operation > summary code { background: none; padding: 0; font-weight: 600; font-size: .92rem; overflow-wrap: anywhere; }
.operation[open] > summary { border-bottom: 1px solid var(--line); }
.operation:target { border-color: var(--accent); }
.operation > div { padding: .4rem .9rem .9rem; }
.method { font: 700 .72rem/1 ui-monospace, SFMono-Regular, Menlo, monospace; min-width: 3.6rem; color: var(--soft); }
.method.get, .method.head { color: var(--get); } .method.post, .method.put { color: var(--post); }
.method.patch { color: var(--patch); } .method.delete { color: var(--delete); }
.words { flex: 1 1 14rem; color: var(--soft); font-size: .92rem; }
.access { font-size: .75rem; color: var(--soft); border: 1px solid var(--line); border-radius: 99px; padding: .05rem .55rem; }
summary:focus-visible, a:focus-visible, pre:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
details details { margin: .4rem 0; } details details summary { cursor: pointer; }
dl { margin: .3rem 0; padding-left: .9rem; border-left: 2px solid var(--line); }
dt { margin-top: .5rem; } dt i, p i { color: var(--soft); font-size: .85rem; font-style: normal; }
dt b { font-size: .75rem; color: var(--accent); font-weight: 600; }
dd { margin: 0; color: var(--soft); font-size: .92rem; }
.type { font-size: .85rem; }
b.good { color: var(--good); } b.bad { color: var(--bad); }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; border: 0; border-bottom: 1px solid var(--line); padding: 1rem; }
  nav ul { display: flex; flex-wrap: wrap; gap: .2rem; margin-top: .5rem; }
  nav a { background: var(--code); }
  main { padding: 1.25rem 1rem 4rem; }
  .words { flex-basis: 100%; order: 4; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`
