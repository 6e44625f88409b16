import Foundation
import HTTPTypes
import Logging
import Settings
import Synchronization
import Telemetry
import Testing

@testable import Admin

@Suite("Filters in the admin server")
struct FilterEndpointsTests {
    let proxy = FakeProxy()
    let registry = MetricsRegistry()
    let responder: AdminResponder

    init() {
        let endpoints = AdminEndpoints(
            inspection: proxy, registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        responder = AdminResponder(endpoints: endpoints.all, requestGuard: nil)
    }

    private func ask(
        _ method: HTTPRequest.Method, _ path: String, _ parameters: KeyValuePairs<String, String> = [:]
    ) async -> AdminResponse {
        await responder.respond(to: AdminRequest(method: method, path: path, parameters: parameters))
    }

    private var changes: [RuleChange] { proxy.state.withLock(\.changes) }

    @Test("are shown with what they have done and what they say of themselves")
    func shown() async throws {
        let family = registry.counter(
            "sluice_filter_actions_total", help: "A.", labels: ["listener", "filter", "action"])
        registry.shared.increment(family, ["apps", "canary", "would_change"], by: 5)
        registry.shared.increment(family, ["apps", "canary", "would_hold"], by: 1)
        registry.shared.increment(family, ["jobs", "canary", "change"], by: 9)
        let text = await ask(.get, "/filters").body
        #expect(
            text == """
                LISTENER  FILTER  TYPE           DRY RUN  WHEN                                ACTIONS
                apps      log     access_log     no       -                                   -
                apps      canary  topic_rewrite  yes      {"client_id":{"prefix":"a\\u001b"}}  would_change 5, would_hold 1

                apps/canary:
                  clients: 3
                  rules:
                    rule=payments  active=blue
                    rule=orders  active=green

                """)
        let json = await ask(.get, "/filters", ["format": "json"]).body
        let page = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(page.map { $0["name"] as? String } == ["log", "canary"])
        #expect(page[1]["actions"] as? [String: Int] == ["would_change": 5, "would_hold": 1])
        #expect((page[1]["status"] as? [String: Any])?["clients"] as? Int == 3)
        #expect(page[0]["status"] is NSNull && page[0]["when"] is NSNull)
    }

    @Test(
        "cannot be watched if they are not there or show nothing",
        arguments: [
            ([:], 400, "say which filter, as ?filter=NAME\n"),
            (["filter": "live", "limit": "0"], 400, "limit is a whole number, at least 1\n"),
            (["filter": "other"], 404, "no such filter\n"),
            (["filter": "log"], 409, "shows nothing\n"),
        ] as [(KeyValuePairs<String, String>, Int, String)])
    func notWatched(parameters: KeyValuePairs<String, String>, status: Int, body: String) async {
        let answer = await ask(.get, "/tap", parameters)
        #expect(answer.status.code == status)
        #expect(answer.body == body)
    }

    @Test("cannot put control characters on a terminal")
    func hostileStatus() async {
        proxy.state.withLock { $0.status = ["a\u{1b}": "b\u{9b}\n", "c": [["d\u{202e}": "e"]]] }
        let text = await ask(.get, "/filters").body
        #expect(
            !text.unicodeScalars.contains {
                $0 != "\n" && ($0.value < 0x20 || (0x7f...0x9f).contains($0.value) || $0 == "\u{202e}")
            })
    }

    @Test("are changed by rule, with settings in the order given and names as they are meant")
    func changed() async {
        let response = await ask(
            .post, "/filters/canary/rules/pay%2Fments%20%C3%A9", ["weights": "a", "active": "green", "weights": "b"])
        #expect(response.status == .ok)
        #expect(response.body == "apps: payments: green\n")
        #expect(
            changes == [
                RuleChange(
                    filter: "canary", rule: "pay/ments é",
                    settings: [
                        .init(name: "weights", value: "a"), .init(name: "active", value: "green"),
                        .init(name: "weights", value: "b"),
                    ])
            ])
    }

    @Test("are changed on one listener where one is named")
    func oneListener() async {
        let response = await ask(
            .post, "/filters/canary/rules/payments", ["listener": "apps", "active": "green", "format": "json"])
        #expect(response.body.contains("\"changed\": true"))
        #expect(changes.first?.listener == "apps")
        #expect(changes.first?.settings == [.init(name: "active", value: "green")])
    }

    @Test(
        "say why they are not changed",
        arguments: [
            (.unknownFilter("there is no filter 'x'"), .notFound, "there is no filter 'x'\n"),
            (.unknownRule([.init(listener: "apps", text: "no rule")]), .notFound, "apps: no rule\n"),
            (.invalid([.init(listener: "apps", text: "no target 'x'")]), .badRequest, "apps: no target 'x'\n"),
            (
                .refused([.init(listener: "apps", text: "missing\n"), .init(listener: "jobs", text: "few")]), .conflict,
                "apps: missing\\n\njobs: few\n"
            ),
        ] as [(RuleChangeResult, HTTPResponse.Status, String)])
    func notChanged(result: RuleChangeResult, status: HTTPResponse.Status, body: String) async {
        proxy.state.withLock { $0.ruleChange = result }
        let text = await ask(.post, "/filters/canary/rules/payments", ["active": "green"])
        #expect(text.status == status && text.body == body)
        let json = await ask(.post, "/filters/canary/rules/payments", ["active": "green", "format": "json"])
        #expect(json.status == status && json.body.contains("\"changed\": false"))
    }

    @Test("are not asked at all where the request says nothing, or too much")
    func nothingAsked() async {
        #expect(await ask(.post, "/filters/canary/rules/payments").status == .badRequest)
        #expect(await ask(.post, "/filters/canary/rules/payments", ["listener": "apps"]).status == .badRequest)
        #expect(await ask(.post, "/filters/canary/rules/payments", ["a": "b", "format": "xml"]).status == .badRequest)
        #expect(changes.isEmpty)
    }

    @Test("take POST and nothing else for a change")
    func methods() async {
        let response = await ask(.get, "/filters/canary/rules/payments", ["active": "green"])
        #expect(response.status == .methodNotAllowed)
        #expect(response.extraHeaders[.allow] == "POST")
        #expect(await ask(.post, "/filters").status == .methodNotAllowed)
        #expect(await ask(.post, "/filters/canary/rules/payments/more", ["active": "green"]).status == .notFound)
        #expect(await ask(.post, "/filters/canary", ["active": "green"]).status == .notFound)
        #expect(changes.isEmpty)
    }

    @Test(
        "have names that are text of some bytes",
        arguments: [
            "", "%", "%4", "%zz", "%ff", "%00", "a%0Ab", String(repeating: "x", count: 513),
            String(repeating: "%41", count: 600),
        ])
    func malformedNames(name: String) async {
        #expect(await ask(.post, "/filters/canary/rules/\(name)", ["a": "b"]).status == .badRequest)
        #expect(await ask(.post, "/filters/\(name)/rules/payments", ["a": "b"]).status == .badRequest)
        #expect(changes.isEmpty)
    }

    @Test("may have names that look like the pattern, or be as long as names get")
    func oddNames() async {
        let long = String(repeating: "x", count: 512)
        for name in ["{filter}", "{rule}", "..", long] {
            #expect(await ask(.post, "/filters/\(name)/rules/\(name)", ["a": "b"]).status == .ok)
            #expect(changes.last?.filter == name && changes.last?.rule == name)
        }
    }
}
