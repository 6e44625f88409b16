extension AdminPage {
    static func html(nonce: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Sluice</title>
        <link rel="icon" href="data:,">
        <style nonce="\(nonce)">
        \(style)
        </style>
        </head>
        <body>
        \(document)
        <script nonce="\(nonce)">
        \(script)
        </script>
        </body>
        </html>

        """
    }

    private static let document = """
        <header>
          <h1><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M3 5v14M21 5v14M3 8h18M7 8v5m5-5v5m5-5v5"/><path class="water" d="M4 17q2-2 4 0t4 0 4 0 4 0"/></svg>Sluice</h1>
          <span id="state" class="pill">…</span>
          <span id="about" class="muted"></span>
          <span id="live" class="muted" role="status"></span>
        </header>
        <p id="trouble" class="trouble" role="alert" hidden></p>
        <main>
          <section class="tiles" aria-label="Right now">
            <div class="tile"><b id="tile-requests">–</b><span>requests/s</span></div>
            <div class="tile"><b id="tile-received">–</b><span>from clients/s</span></div>
            <div class="tile"><b id="tile-sent">–</b><span>to clients/s</span></div>
            <div class="tile"><b id="tile-connections">–</b><span>connections</span></div>
            <div class="tile"><b id="tile-flight">–</b><span>in flight</span></div>
            <div class="tile"><b id="tile-errors">–</b><span>errors/s</span></div>
          </section>
          <section class="card wide">
            <h2>Requests by API</h2>
            <div class="scroll" id="apis"></div>
          </section>
          <section class="card">
            <h2>Top clients</h2>
            <div class="scroll" id="clients"></div>
          </section>
          <section class="card">
            <h2>Top topics</h2>
            <div class="scroll" id="topics"></div>
          </section>
          <section class="card wide">
            <h2>Listeners</h2>
            <div class="scroll" id="listeners"></div>
          </section>
          <section class="card wide">
            <h2>Filters</h2>
            <div class="scroll" id="filters"></div>
          </section>
          <section class="card wide">
            <h2>Brokers</h2>
            <div class="scroll" id="brokers"></div>
          </section>
        </main>
        <footer>
          <a href="/stats">stats</a> <a href="/listeners">listeners</a> <a href="/filters">filters</a> <a href="/clusters">clusters</a>
          <a href="/connections">connections</a> <a href="/config_dump">config_dump</a> <a href="/memory">memory</a>
          <a href="/server_info">server_info</a> <a href="/ready">ready</a> <a href="/logging">logging</a> <a href="/certs">certs</a>
        </footer>
        """
}
