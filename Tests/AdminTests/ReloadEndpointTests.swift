import HTTPTypes
import Logging
import Settings
import Synchronization
import Telemetry
import Testing

@testable import Admin

@Suite("POST /reload")
struct ReloadEndpointTests {
    let proxy = FakeProxy()
    let responder: AdminResponder

    init() {
        let endpoints = AdminEndpoints(
            inspection: proxy, registry: MetricsRegistry(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        responder = AdminResponder(endpoints: endpoints.all, requestGuard: nil)
    }

    private func post(_ parameters: KeyValuePairs<String, String> = [:]) async -> AdminResponse {
        await responder.respond(to: AdminRequest(method: .post, path: "/reload", parameters: parameters))
    }

    private static let results: [(ReloadResult, HTTPResponse.Status, String, String)] = [
        (
            .accepted(ReloadAnswer(text: "listeners:\n  + a\n", json: ["changes": true])), .ok, "listeners:\n  + a\n",
            "{\n  \"changes\": true\n}\n"
        ),
        (
            .refused(["c.yaml:3:1: no", "c.yaml:4:1: neither"]), .unprocessableContent,
            "c.yaml:3:1: no\nc.yaml:4:1: neither\n",
            "{\n  \"errors\": [\n    \"c.yaml:3:1: no\",\n    \"c.yaml:4:1: neither\"\n  ]\n}\n"
        ),
        (.unavailable("draining"), .serviceUnavailable, "draining\n", "{\n  \"errors\": [\n    \"draining\"\n  ]\n}\n"),
    ]

    @Test("says what became of it, in text and in JSON", arguments: results)
    func says(result: ReloadResult, status: HTTPResponse.Status, text: String, json: String) async {
        proxy.state.withLock { $0.reload = result }
        let asText = await post()
        #expect(asText.status == status && asText.body == text)
        let asJSON = await post(["format": "json"])
        #expect(asJSON.status == status && asJSON.body == json)
        #expect(proxy.actions == ["reload", "reload"])
        #expect(await post(["format": "xml"]).status == .badRequest)
        #expect(proxy.actions.count == 2)
    }

    @Test("is 501 where there is no file")
    func unsupported() async {
        #expect(await post().status == .notImplemented)
    }

    @Test("changes nothing in a dry run", arguments: ["", "true", "1"])
    func dryRun(value: String) async {
        _ = await post(["dry_run": value])
        #expect(proxy.actions == ["dry run"])
    }

    @Test("never takes what is not understood for a dry run, nor for none")
    func dryRunValues() async {
        #expect(await post(["dry_run": "yes"]).status == .badRequest)
        #expect(proxy.actions == [])
        _ = await post(["dry_run": "false"])
        #expect(proxy.actions == ["reload"])
    }
}
