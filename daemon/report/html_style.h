// The style of the HTML report, inlined into it. No `<` or `&` in it: the page stays well-formed XML.
#pragma once

namespace tripled::report {

inline constexpr const char* html_style = R"css(
:root { color-scheme: light dark; --bg: #fff; --fg: #1b1f24; --soft: #5a6470; --line: #d5dae0; --panel: #f5f7f9;
  --good: #10692f; --bad: #b3161f; --warn: #8a5300; --odd: #6a2fa0; --bar: #cfe8d6; --code: #f0f2f5; --link: #0b57b0; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171a; --fg: #e4e7ea; --soft: #9aa5b1; --line: #333a42;
  --panel: #1b2025; --good: #6ccf8a; --bad: #ff8a85; --warn: #f0b45c; --odd: #c79bf2; --bar: #1f4a2e; --code: #20262c;
  --link: #7db7ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--fg); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.25rem; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
h2 small { font-weight: normal; color: var(--soft); }
p { margin: .4rem 0; }
a { color: var(--link); }
.meta { color: var(--soft); overflow-wrap: anywhere; }
.flag { display: inline-block; border: 1px solid var(--warn); color: var(--warn); border-radius: .3rem; padding: 0 .5rem; }
.result { border-left: .3rem solid var(--soft); background: var(--panel); padding: .6rem .9rem; margin: 1rem 0; }
.result.s0 { border-color: var(--good); } .result.s1, .result.s130 { border-color: var(--bad); }
.result.s3 { border-color: var(--warn); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem; margin: 1rem 0; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.card h2 { margin: 0; font-size: .95rem; color: var(--soft); font-weight: 600; }
.card p { margin: 0; } .card .big { font-size: 1.7rem; font-weight: 650; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; overflow-wrap: anywhere; }
td .w { white-space: nowrap; font-weight: 600; }
td .n { display: block; color: var(--fg); font-size: .9rem; white-space: nowrap; }
.x { font-size: .8rem; color: var(--soft); border: 1px solid var(--line); border-radius: .3rem; padding: 0 .3rem;
  margin-left: .3rem; }
.sign { display: inline-block; width: 1.2em; }
.bar { display: block; height: .3rem; width: 100%; min-width: 4rem; background: var(--line); border-radius: .15rem; }
.bar span { display: block; height: 100%; background: var(--soft); border-radius: .15rem; }
.pass { color: var(--good); } .fail, .timeout { color: var(--bad); } .broken { color: var(--warn); }
.flaky, .suspect { color: var(--odd); } .blocked, .excluded, .cancelled, .none { color: var(--soft); }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: .1rem .8rem; }
summary { cursor: pointer; padding: .45rem 0; overflow-wrap: anywhere; }
summary .t { font-weight: 600; }
summary .where { display: block; color: var(--soft); font-size: .92rem; }
pre, code { font: .85rem/1.45 ui-monospace, monospace; background: var(--code); border-radius: .3rem; }
code { padding: .05rem .3rem; overflow-wrap: anywhere; }
pre { padding: .6rem .8rem; overflow-x: auto; white-space: pre; margin: .5rem 0; }
pre.fix { white-space: pre-wrap; overflow-wrap: anywhere; border-left: .25rem solid var(--good); }
ul { padding-left: 1.2rem; margin: .4rem 0; } li { overflow-wrap: anywhere; margin: .2rem 0; }
@media (max-width: 46rem) {
  main { padding: .8rem; }
  table.grid, table.grid tbody, table.grid tr, table.grid th, table.grid td { display: block; border: 0; padding: 0; }
  table.grid thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.grid caption { display: block; }
  table.grid tr { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .7rem; margin: .6rem 0; }
  table.grid td { display: grid; grid-template-columns: 6.2rem auto 1fr auto; gap: .3rem; padding: .15rem 0; align-items: center; }
  table.grid td > * { grid-row: 1; } table.grid td .w { grid-column: 2; } table.grid td .x { grid-column: 3; justify-self: start; margin: 0; }
  table.grid td .n { grid-column: 4; }
  table.grid td::before { grid-area: 1 / 1; content: attr(data-label); color: var(--soft); font-size: .9rem; }
  table.grid td.gone { display: none; }
  table.grid td.excluded { display: block; } table.grid td.excluded::before { content: none; }
  .bar { display: none; }
}
@media print {
  html { font-size: 10pt; } body { font-size: 1rem; } h2 { break-after: avoid; } main { max-width: none; padding: 0; }
  details { break-inside: avoid; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  details::details-content { content-visibility: visible; block-size: auto; }
  tr { break-inside: avoid; }
}
)css";

}  // namespace tripled::report
