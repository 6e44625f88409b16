extension AdminPage {
    static let style = """
        :root {
          --ground: #f5f6f8; --card: #fff; --line: #e3e6eb; --ink: #1b2230; --soft: #667085;
          --water: #0b7fab; --water-soft: #d7edf6; --good: #1a7f4b; --bad: #c0362c; --warn: #a15c00;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #10151d; --card: #19202b; --line: #2a3342; --ink: #e6eaf1; --soft: #93a0b4;
            --water: #4fb7e0; --water-soft: #1d3d4d; --good: #4cc38a; --bad: #ff7b6f; --warn: #f0b35a;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1.25rem; max-width: 76rem; background: var(--ground); color: var(--ink);
          font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
        }
        header { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin-bottom: 1rem; }
        h1 { display: flex; align-items: center; gap: .5rem; font-size: 1.35rem; margin: 0; letter-spacing: -.01em; }
        h1 path { fill: none; stroke: var(--ink); stroke-width: 1.8; stroke-linecap: round; }
        h1 path.water { stroke: var(--water); }
        h2 { font-size: .8rem; font-weight: 600; margin: 0 0 .6rem; color: var(--soft); letter-spacing: .02em; }
        .muted { color: var(--soft); }
        #live { margin-left: auto; font-size: .85rem; }
        .pill { padding: .1rem .6rem; border-radius: 1rem; border: 1px solid currentColor; font-size: .8rem; font-weight: 600; }
        .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
        .trouble { background: var(--card); border: 1px solid var(--bad); color: var(--bad); border-radius: .5rem; padding: .6rem .9rem; margin: 0 0 1rem; white-space: pre-line; }
        main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
        .wide, .tiles { grid-column: 1 / -1; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; }
        .tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .85rem 1rem; }
        .tile b { display: block; font-size: 1.45rem; line-height: 1.25; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .tile span { color: var(--soft); font-size: .85rem; }
        .scroll { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; }
        th { text-align: left; font-weight: 500; color: var(--soft); font-size: .8rem; padding: 0 .9rem .3rem 0; white-space: nowrap; }
        td { padding: .32rem .9rem .32rem 0; border-top: 1px solid var(--line); vertical-align: middle; }
        .reason { min-width: 12rem; }
        th:last-child, td:last-child { padding-right: 0; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .name { font-weight: 600; white-space: nowrap; }
        .plain { white-space: nowrap; }
        .id { width: 40%; max-width: 0; min-width: 8rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        .bar { width: 30%; min-width: 5rem; }
        .bar i { display: block; height: .5rem; border-radius: .25rem; background: var(--water); }
        .spark { width: 8.5rem; }
        .spark svg { display: block; width: 8rem; height: 1.5rem; border-bottom: 1px solid var(--line); }
        .spark .area { fill: var(--water-soft); } .spark .edge { fill: none; stroke: var(--water); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
        .chip { display: inline-block; border: 1px solid var(--line); border-radius: .3rem; padding: 0 .4rem; margin: 0 .25rem .1rem 0; font-size: .85rem; white-space: nowrap; }
        .dot::before { content: ""; display: inline-block; width: .55rem; height: .55rem; border-radius: 50%; background: currentColor; margin-right: .45rem; }
        .empty { color: var(--soft); margin: 0; }
        h3 { font-size: .95rem; margin: .9rem 0 .1rem; } h3:first-child { margin-top: 0; }
        .note { color: var(--soft); margin: 0 0 .4rem; font-size: .85rem; }
        footer { margin-top: 1.25rem; color: var(--soft); font-size: .85rem; }
        footer a { color: var(--soft); margin-right: .8rem; }
        @media (max-width: 46rem) { main { grid-template-columns: minmax(0, 1fr); } .spark, th.spark { display: none; } }
        """
}
