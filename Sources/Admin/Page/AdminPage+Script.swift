extension AdminPage {
    // Everything is put into the document as text nodes: client IDs, topics and hosts are chosen by others.
    static let script = #"""
        "use strict";
        const period = 2000, history = 40;
        const $ = id => document.getElementById(id);
        let before = null;
        const sparks = new Map();

        function make(tag, className, ...children) {
          const node = document.createElement(tag);
          if (className) node.className = className;
          for (const child of children) node.append(child);
          return node;
        }
        function cell(className, ...children) { return make("td", className, ...children); }
        function show(id, ...nodes) { $(id).replaceChildren(...nodes); }
        function table(titles, rows) {
          const head = make("tr", "", ...titles.map(([text, className]) => make("th", className, text)));
          return make("table", "", make("thead", "", head), make("tbody", "", ...rows.map(row => make("tr", "", ...row))));
        }
        function svg(tag, attributes) {
          const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
          for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
          return node;
        }

        function rate(value) {
          if (value === null) return "–";
          if (value >= 1e6) return (value / 1e6).toFixed(1) + "M";
          if (value >= 1e4) return (value / 1e3).toFixed(1) + "k";
          return value >= 100 || value === 0 ? value.toFixed(0) : value.toFixed(1);
        }
        function bytes(value) {
          if (value === null) return "–";
          const units = ["B", "KiB", "MiB", "GiB", "TiB"];
          let unit = 0;
          while (value >= 1024 && unit < 4) { value /= 1024; unit++; }
          return (unit && value < 100 ? value.toFixed(1) : value.toFixed(0)) + " " + units[unit];
        }
        function seconds(value) {
          if (value === null) return "–";
          if (value < 0.001) return (value * 1e6).toFixed(0) + " µs";
          if (value < 1) return (value * 1e3).toFixed(value < 0.01 ? 1 : 0) + " ms";
          return value.toFixed(1) + " s";
        }
        function age(value) {
          if (value < 60) return value + "s";
          if (value < 3600) return Math.floor(value / 60) + "m " + value % 60 + "s";
          if (value < 86400) return Math.floor(value / 3600) + "h " + Math.floor(value % 3600 / 60) + "m";
          return Math.floor(value / 86400) + "d " + Math.floor(value % 86400 / 3600) + "h";
        }
        const whole = value => value.toLocaleString("en");

        // Sums of a family by a key that is made of the labels.
        function sums(stats, family, key = () => "", keep = () => true) {
          const result = new Map();
          for (const series of stats.get(family) ?? []) {
            if (!keep(series.labels)) continue;
            const name = key(series.labels);
            result.set(name, (result.get(name) ?? 0) + series.value);
          }
          return result;
        }
        function histograms(stats, family, key) {
          const result = new Map();
          for (const series of stats.get(family) ?? []) {
            const name = key(series.labels), known = result.get(name);
            if (!known) result.set(name, series.buckets.map(bucket => ({...bucket})));
            else series.buckets.forEach((bucket, index) => { known[index].count += bucket.count; });
          }
          return result;
        }
        const total = (stats, family, keep) => sums(stats, family, undefined, keep).get("") ?? 0;
        // Growth a second since the last look; a counter that went back was reset.
        function growth(now, then, elapsed) {
          return elapsed ? (now >= then ? now - then : now) / elapsed : null;
        }
        // The 99th percentile of what was observed since the last look, or since the start if that is nothing.
        function p99(now, then) {
          const reset = then?.some((bucket, index) => bucket.count > now[index].count);
          let counts = now.map((bucket, index) => bucket.count - (reset ? 0 : then?.[index].count ?? 0));
          if (!counts.at(-1)) counts = now.map(bucket => bucket.count);
          const count = counts.at(-1);
          if (!count) return null;
          const rank = count * 0.99;
          const index = counts.findIndex(value => value >= rank);
          if (index === now.length - 1) return now.at(-2).le;
          const low = index ? now[index - 1].le : 0, below = index ? counts[index - 1] : 0;
          return low + (now[index].le - low) * (rank - below) / Math.max(1, counts[index] - below);
        }

        function spark(name, value) {
          const values = sparks.get(name) ?? [];
          if (value !== null) values.push(value);
          if (values.length > history) values.shift();
          sparks.set(name, values);
          const box = svg("svg", {viewBox: "0 0 100 24", preserveAspectRatio: "none", "aria-hidden": "true"});
          if (values.length > 1) {
            const top = Math.max(...values, 1e-9), step = 100 / (history - 1);
            const start = 100 - (values.length - 1) * step;
            const points = values.map((v, i) => `${(start + i * step).toFixed(1)},${(22 - v / top * 20).toFixed(1)}`);
            box.append(svg("polygon", {class: "area", points: `${start.toFixed(1)},24 ${points.join(" ")} 100,24`}),
                       svg("polyline", {class: "edge", points: points.join(" ")}));
          }
          return box;
        }
        function bar(value, top) {
          const fill = make("i");
          fill.style.width = (top ? Math.max(value / top * 100, value ? 1 : 0) : 0).toFixed(1) + "%";
          return cell("bar", fill);
        }

        function showTiles(stats, elapsed) {
          const change = (family, keep) => growth(total(stats, family, keep), before ? total(before.stats, family, keep) : 0, elapsed);
          $("tile-requests").textContent = rate(change("sluice_requests_total"));
          $("tile-received").textContent = bytes(change("sluice_downstream_bytes_total", l => l.direction === "request"));
          $("tile-sent").textContent = bytes(change("sluice_downstream_bytes_total", l => l.direction === "response"));
          $("tile-connections").textContent = whole(total(stats, "sluice_downstream_connections"));
          $("tile-flight").textContent = whole(total(stats, "sluice_requests_in_flight"));
          const errors = change("sluice_responses_total", l => l.error !== "NONE");
          $("tile-errors").textContent = rate(errors);
          $("tile-errors").className = errors ? "bad" : "";
        }
        function showAPIs(stats, elapsed) {
          const api = labels => labels.api;
          const now = sums(stats, "sluice_requests_total", api);
          const then = before ? sums(before.stats, "sluice_requests_total", api) : new Map();
          const failed = sums(stats, "sluice_responses_total", api, l => l.error !== "NONE");
          const times = histograms(stats, "sluice_request_duration_seconds", api);
          const oldTimes = before ? histograms(before.stats, "sluice_request_duration_seconds", api) : new Map();
          const rows = [...now].map(([name, count]) => ({name, count, rate: growth(count, then.get(name) ?? 0, elapsed)}));
          rows.sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0) || b.count - a.count || a.name.localeCompare(b.name));
          if (!rows.length) return show("apis", make("p", "empty", "No requests yet."));
          const top = rows[0].rate ?? 0;
          show("apis", table(
            [["API", ""], ["rate", "number"], ["", "bar"], ["last 80 s", "spark"], ["p99", "number"], ["errors", "number"], ["total", "number"]],
            rows.map(row => [
              cell("name", row.name), cell("number", row.rate === null ? "–" : rate(row.rate) + "/s"), bar(row.rate ?? 0, top),
              cell("spark", spark(row.name, row.rate)),
              cell("number", seconds(times.has(row.name) ? p99(times.get(row.name), oldTimes.get(row.name)) : null)),
              cell(failed.get(row.name) ? "number bad" : "number", whole(failed.get(row.name) ?? 0)),
              cell("number", whole(row.count)),
            ])));
        }
        function showTop(id, stats, elapsed, family, key, columns, empty) {
          const now = sums(stats, family, key), then = before ? sums(before.stats, family, key) : new Map();
          const rows = [...now].map(([name, count]) => ({name: JSON.parse(name), count, rate: growth(count, then.get(name) ?? 0, elapsed)}));
          rows.sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0) || b.count - a.count);
          if (!rows.length) return show(id, make("p", "empty", empty));
          show(id, table(columns.titles, rows.slice(0, 8).map(columns.row)));
        }
        function named(text) {
          const node = cell("id", text || "(none)");
          node.title = text;
          if (!text) node.classList.add("muted");
          return node;
        }
        function showClients(stats, elapsed) {
          showTop("clients", stats, elapsed, "sluice_client_requests_total",
            l => JSON.stringify([l.client_id, [l.software_name, l.software_version].filter(Boolean).join(" ")]),
            {titles: [["client ID", ""], ["software", ""], ["rate", "number"], ["requests", "number"]],
             row: r => [named(r.name[0]), cell("id muted", r.name[1] || "–"), cell("number", r.rate === null ? "–" : rate(r.rate) + "/s"), cell("number", whole(r.count))]},
            "No clients yet.");
        }
        function showTopics(stats, elapsed) {
          const sides = ["produce", "fetch"].map(side => sums(stats, "sluice_topic_bytes_total", l => l.topic, l => l.direction === side));
          showTop("topics", stats, elapsed, "sluice_topic_bytes_total", l => JSON.stringify([l.topic]),
            {titles: [["topic", ""], ["rate", "number"], ["written", "number"], ["read", "number"]],
             row: r => [named(r.name[0]), cell("number", r.rate === null ? "–" : bytes(r.rate) + "/s"),
                        ...sides.map(side => cell("number", bytes(side.get(r.name[0]) ?? 0)))]},
            "No records yet.");
        }
        function showListeners(listeners) {
          if (!listeners.length) return show("listeners", make("p", "empty", "No listeners."));
          show("listeners", table(
            [["name", ""], ["address", ""], ["brokers", ""], ["cluster", ""], ["TLS", ""], ["filters", ""], ["connections", "number"]],
            listeners.map(l => [
              cell("name", l.name), cell("plain", l.address), cell("plain", l.mode), cell("plain", l.cluster), cell("plain", l.tls),
              cell("", ...(l.filters.length ? l.filters.map(f => make("span", "chip", f.name + (f.dry_run ? " (dry run)" : ""))) : ["–"])),
              cell("number", whole(l.connections) + (l.draining ? ` (${l.draining} draining)` : "")),
            ])));
        }
        // What a filter says of itself, whatever that is: a line for each member, and for each object in a list.
        function words(value) {
          if (value === null || typeof value !== "object") return String(value);
          if (Array.isArray(value)) return value.map(words).join(", ");
          return Object.entries(value).map(([key, inner]) =>
            key + "=" + (inner !== null && typeof inner === "object" ? JSON.stringify(inner) : String(inner))).join("  ");
        }
        function statusLines(status) {
          if (status === null || typeof status !== "object") return [];
          return Object.entries(status).flatMap(([key, value]) =>
            Array.isArray(value) && value.some(v => v !== null && typeof v === "object")
              ? value.map(v => words(v)) : [key + ": " + words(value)]);
        }
        function showFilters(filters) {
          if (!filters.length) return show("filters", make("p", "empty", "No filters."));
          show("filters", table(
            [["listener", ""], ["name", ""], ["type", ""], ["for", ""], ["actions", ""], ["status", ""]],
            filters.map(f => [
              cell("plain", f.listener), cell("name", f.name + (f.dry_run ? " (dry run)" : "")), cell("plain", f.type),
              named(f.when === null ? "all" : JSON.stringify(f.when)),
              cell("plain", Object.entries(f.actions).map(([action, count]) => action + " " + whole(count)).join(", ") || "–"),
              cell("reason", ...(statusLines(f.status).slice(0, 20).map(line => make("div", "", line)))),
            ])));
        }
        function showBrokers(clusters) {
          if (!clusters.length) return show("brokers", make("p", "empty", "No clusters."));
          const tone = {ok: "good", unknown: "muted", unreachable: "bad", out_of_range: "warn"};
          const nodes = clusters.flatMap(cluster => {
            const down = cluster.bootstrap_servers.filter(s => s.reachable === false);
            const note = [cluster.cluster_id ? "id " + cluster.cluster_id : "topology not known yet",
              "bootstrap " + cluster.bootstrap_servers.map(s => s.address + (s.reachable === false ? " (unreachable" + (s.error ? ": " + s.error : "") + ")" : "")).join(", ")];
            const head = [make("h3", down.length && down.length === cluster.bootstrap_servers.length ? "bad" : "", cluster.name), make("p", "note", note.join(" · "))];
            if (!cluster.brokers.length) return [...head, make("p", "empty", "No brokers known yet.")];
            return [...head, table(
              [["broker", ""], ["address", ""], ["rack", ""], ["clients find it at", ""], ["health", ""], ["connections", "number"]],
              cluster.brokers.map(b => [
                cell("name", b.id + (b.id === cluster.controller_id ? " (controller)" : "")), cell("plain", b.host + ":" + b.port), cell("plain", b.rack ?? "–"),
                cell("plain", b.local_addresses.map(a => a.address).join(", ") || "–"),
                cell("reason", make("span", "dot " + (tone[b.health] ?? "muted"), b.health.replaceAll("_", " ") + (b.reason ? ": " + b.reason : ""))),
                cell("number", whole(b.connections)),
              ]))];
          });
          show("brokers", ...nodes);
        }
        function showServer(server, readiness) {
          const draining = server.state === "draining";
          $("state").textContent = draining ? "draining" : readiness.ready ? "ready" : "not ready";
          $("state").className = "pill " + (draining ? "warn" : readiness.ready ? "good" : "bad");
          $("about").textContent = `${server.version} · up ${age(server.uptime_seconds)} · ${server.concurrency} ${server.concurrency === 1 ? "loop" : "loops"}`;
          trouble(readiness.ready ? "" : readiness.reasons.join("\n"));
        }
        function trouble(text) {
          $("trouble").hidden = !text;
          $("trouble").textContent = text;
        }

        async function get(path) {
          const response = await fetch(path, {cache: "no-store", signal: AbortSignal.timeout(10000)});
          if (!response.ok && response.status !== 503) throw new Error(`${path}: ${response.status}`);
          return response.json();
        }
        async function refresh() {
          const [metrics, server, readiness, listeners, clusters, filters] = await Promise.all([
            get("/stats?format=json&filter=^sluice_(requests|responses|request_duration|downstream|client_requests|topic_bytes)"),
            get("/server_info?format=json"), get("/ready?format=json"), get("/listeners?format=json"), get("/clusters?format=json"),
            get("/filters?format=json"),
          ]);
          const at = performance.now() / 1000;
          const stats = new Map(metrics.metrics.map(family => [family.name, family.series]));
          const elapsed = before ? Math.max(at - before.at, 0.001) : 0;
          showServer(server, readiness);
          showTiles(stats, elapsed);
          showAPIs(stats, elapsed);
          showClients(stats, elapsed);
          showTopics(stats, elapsed);
          showListeners(listeners);
          showFilters(filters);
          showBrokers(clusters);
          before = {stats, at};
          $("live").textContent = "as of " + new Date().toLocaleTimeString("en-GB");
          document.body.dataset.refreshes = Number(document.body.dataset.refreshes ?? 0) + 1;
        }
        async function run() {
          try {
            if (!document.hidden) await refresh();
          } catch (error) {
            $("state").textContent = "no answer";
            $("state").className = "pill bad";
            trouble("Sluice does not answer: " + error.message);
          }
          setTimeout(run, period);
        }
        run();
        """#
}
