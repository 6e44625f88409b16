import Foundation
import HTTPTypes
import Logging
import Synchronization
import Telemetry
import Testing

@testable import Admin

@Suite("The admin server's pages")
struct AdminEndpointsTests {
    let proxy = FakeProxy()
    let registry = MetricsRegistry()
    let responder: AdminResponder

    init() {
        let endpoints = AdminEndpoints(
            inspection: proxy, registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        responder = AdminResponder(endpoints: endpoints.all, requestGuard: nil)
    }

    private func get(_ path: String, _ parameters: KeyValuePairs<String, String> = [:]) async -> AdminResponse {
        await responder.respond(to: AdminRequest(method: .get, path: path, parameters: parameters))
    }

    private func post(_ path: String, _ parameters: KeyValuePairs<String, String> = [:]) async -> AdminResponse {
        await responder.respond(to: AdminRequest(method: .post, path: path, parameters: parameters))
    }

    private static let pages = [
        "/stats", "/stats/prometheus", "/metrics", "/ready", "/livez", "/server_info", "/config_dump", "/listeners",
        "/clusters", "/connections", "/certs", "/memory", "/logging", "/filters",
    ]

    @Test("come as JSON and as text, with the content type that says so", arguments: pages)
    func servesBothFormats(path: String) async throws {
        let json = await get(path, ["format": "json"])
        #expect(json.status == .ok)
        #expect(json.contentType == "application/json")
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.body.utf8)) }
        #expect(json.body.hasSuffix("\n"))

        let text = await get(path, ["format": "text"])
        #expect(text.status == .ok)
        #expect(text.contentType.hasPrefix("text/plain"))

        #expect(await get(path, ["format": "xml"]).status == .badRequest)
    }

    @Test("come as JSON to who accepts JSON")
    func negotiates() async {
        var request = AdminRequest(method: .get, path: "/listeners")
        #expect(await responder.respond(to: request).contentType.hasPrefix("text/plain"))
        request.headers[.accept] = "application/json"
        #expect(await responder.respond(to: request).contentType == "application/json")
    }

    @Test("name their keys as the configuration does")
    func usesSnakeCase() async {
        let listeners = await get("/listeners", ["format": "json"]).body
        #expect(listeners.contains("\"on_unknown\" : \"forward\""))
        #expect(listeners.contains("\"dry_run\" : true"))
        let clusters = await get("/clusters", ["format": "json"]).body
        #expect(clusters.contains("\"bootstrap_servers\""))
        #expect(clusters.contains("\"cluster_id\" : \"abc\""))
        #expect(clusters.contains("\"first_broker_id\" : 0"))
        #expect(clusters.contains("\"health\" : \"out_of_range\""))
    }

    @Test("show metrics, all or those that a filter names")
    func showsMetrics() async {
        registry.shared.increment(registry.counter("a_total", help: "A."), by: 7)
        registry.shared.increment(registry.counter("b_total", help: "B."))
        let all = await get("/stats")
        #expect(all.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(all.body.contains("a_total 7\n") && all.body.contains("b_total 1\n"))
        let some = await get("/stats", ["filter": "^a_"])
        #expect(some.body.contains("a_total 7\n") && !some.body.contains("b_total"))
        let wrong = await get("/stats", ["filter": "("])
        #expect(wrong.status == .badRequest)
        #expect(wrong.body.hasPrefix("filter: "))
    }

    @Test("say 503 and why when the proxy is not ready")
    func notReady() async {
        #expect(await get("/ready").body == "ready\n")
        proxy.state.withLock { $0.readiness = Readiness(reasons: ["cluster main: \nforged", "failed by hand"]) }
        let text = await get("/ready")
        #expect(text.status == .serviceUnavailable)
        #expect(text.body == "not ready: cluster main: \\nforged\nnot ready: failed by hand\n")
        let json = await get("/ready", ["format": "json"])
        #expect(json.status == .serviceUnavailable)
        #expect(json.body.contains("\"ready\" : false"))
    }

    @Test("show what peers chose without control characters")
    func showsHostileText() async {
        proxy.state.withLock { $0.clientID = "a\u{1b}[2J\r\nb\u{202e}" }
        let text = await get("/connections").body
        #expect(text.contains("a\\u{1b}[2J\\r\\nb\\u{202e}"))
        #expect(text.split(separator: "\n").count == 4)
    }

    @Test("show as many connections as were asked for")
    func limitsConnections() async {
        #expect(await get("/connections", ["limit": "1"]).body.hasSuffix("… and 2 more\n"))
        #expect(await get("/connections", ["limit": "-1"]).status == .badRequest)
        #expect(await get("/connections", ["limit": "many"]).status == .badRequest)
    }

    @Test("show clusters to people")
    func showsClusters() async {
        let text = await get("/clusters").body
        #expect(text.contains("127.0.0.1:19093  unreachable: connection refused"))
        #expect(text.contains("127.0.0.1:19094  not tried"))
        #expect(text.contains("out_of_range: no port"))
        #expect(text.contains("apps 127.0.0.1:9094"))
        #expect(text.contains("9093-9192"))
    }

    @Test(
        "refuse a GET on a path that takes a POST",
        arguments: [
            "/healthcheck/fail", "/healthcheck/ok", "/drain_listeners", "/reload", "/quitquitquit", "/reset_counters",
        ])
    func refusesGet(path: String) async {
        let response = await get(path)
        #expect(response.status == .methodNotAllowed)
        #expect(response.extraHeaders[.allow] == "POST")
        #expect(proxy.actions == [])
    }

    @Test("refuse a POST on a path that takes a GET")
    func refusesPost() async {
        let response = await post("/stats")
        #expect(response.status == .methodNotAllowed)
        #expect(response.extraHeaders[.allow] == "GET, HEAD")
    }

    @Test("list the paths where there is no page")
    func listsPaths() async {
        let response = await get("/nope")
        #expect(response.status == .notFound)
        for path in Self.pages { #expect(response.body.contains(path)) }
    }

    @Test("press the proxy's buttons")
    func pressesButtons() async {
        for path in ["/healthcheck/fail", "/healthcheck/ok", "/drain_listeners", "/quitquitquit"] {
            #expect(await post(path).status == .ok)
        }
        #expect(proxy.actions == ["fail", "ok", "drain", "quit"])
    }

    @Test("change the log level, but not by GET")
    func changesLogLevel() async {
        #expect(await get("/logging").body == "level: info\n")
        #expect(await get("/logging", ["level": "debug"]).status == .methodNotAllowed)
        #expect(proxy.state.withLock(\.level) == .info)
        #expect(await post("/logging", ["level": "DEBUG"]).body == "level: debug\n")
        #expect(proxy.state.withLock(\.level) == .debug)
        let wrong = await post("/logging", ["level": "loud"])
        #expect(wrong.status == .badRequest)
        #expect(wrong.body.contains("trace, debug, info"))
    }

    @Test("reset counters")
    func resetsCounters() async {
        let family = registry.counter("a_total", help: "A.")
        registry.shared.increment(family, by: 7)
        #expect(await post("/reset_counters").status == .ok)
        #expect(await registry.gather().value("a_total") == .counter(0))
    }

    @Test("are all described in docs/admin.md")
    func areDocumented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        let page = try String(contentsOf: root.appendingPathComponent("docs/admin.md"), encoding: .utf8)
        let endpoints = AdminEndpoints(inspection: proxy, registry: registry, logger: Logger(label: "test"))
        let served = Set(endpoints.all.map { "\($0.method.rawValue) \($0.path)" })
        let described = page.matches(of: /\n\| `((?:GET|POST) [^` ?]+)/).map { String($0.1) }
        #expect(Set(described) == served)
        #expect(described.count == served.count)
    }
}
