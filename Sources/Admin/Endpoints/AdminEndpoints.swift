import HTTPTypes
import Logging
import Telemetry

/// The pages and buttons of the admin server, whatever protocol brings the requests.
struct AdminEndpoints: Sendable {
    let inspection: any ProxyInspection
    let registry: MetricsRegistry
    let logger: Logger

    /// Everything that can be asked for, in the order in which it is listed.
    var all: [AdminEndpoint] {
        [
            .init(method: .get, path: "/", summary: "this proxy at a glance, for browsers") { _ in AdminPage.response()
            },
            .init(
                method: .get, path: "/stats", summary: "metrics; ?format=json, ?filter=REGEX", isOpen: true,
                handler: stats),
            .init(
                method: .get, path: "/stats/prometheus", summary: "the same as /stats", isOpen: true, handler: stats),
            .init(method: .get, path: "/metrics", summary: "the same as /stats", isOpen: true, handler: stats),
            .init(
                method: .get, path: "/ready", summary: "200 if traffic should come here, else 503", isOpen: true,
                handler: ready),
            .init(method: .get, path: "/livez", summary: "200 while the process answers", isOpen: true, handler: alive),
            .init(method: .get, path: "/server_info", summary: "version, state, uptime", handler: serverInfo),
            .init(
                method: .get, path: "/config_dump", summary: "the running configuration, secrets redacted",
                handler: configDump),
            .init(method: .get, path: "/listeners", summary: "listeners and their filters", handler: listeners),
            .init(
                method: .get, path: "/filters", summary: "filters, and what they do at this moment", handler: filters),
            .init(
                method: .get, path: "/tap", summary: "what a filter shows live; ?filter=NAME, ?listener=NAME, ?limit=N",
                handler: tap),
            .init(
                method: .get, path: "/clusters", summary: "clusters, brokers and where clients find them",
                handler: clusters),
            .init(
                method: .get, path: "/connections", summary: "connections of clients; ?limit=N", handler: connections),
            .init(method: .get, path: "/certs", summary: "certificates in use", handler: certificates),
            .init(method: .get, path: "/memory", summary: "what memory is used for", handler: memory),
            .init(method: .get, path: "/logging", summary: "the log level", handler: logging),
            .init(method: .post, path: "/logging", summary: "?level=LEVEL changes the log level", handler: setLogging),
            .init(
                method: .post, path: "/healthcheck/fail", summary: "make /ready answer 503", handler: failHealthcheck),
            .init(method: .post, path: "/healthcheck/ok", summary: "take that back", handler: okHealthcheck),
            .init(
                method: .post, path: "/drain_listeners", summary: "accept no new connections, finish the open ones",
                handler: drainListeners),
            .init(
                method: .post, path: "/reload",
                summary: "read the configuration again; ?dry_run says what would change",
                handler: reload),
            .init(
                method: .post, path: "/filters/{filter}/rules/{rule}",
                summary: "?NAME=VALUE changes a rule while it runs; ?listener=NAME on one listener only",
                handler: changeRule),
            .init(
                method: .post, path: "/reset_counters", summary: "counters and histograms to zero",
                handler: resetCounters),
            .init(method: .post, path: "/quitquitquit", summary: "drain and exit", handler: quit),
        ]
    }

    /// A page in the form that the request asks for.
    func page(
        _ request: AdminRequest, usually usual: AdminFormat, json: () -> AdminResponse, text: () -> AdminResponse
    ) -> AdminResponse {
        switch request.format(usual) {
        case .json: json()
        case .text: text()
        case nil: .text("unknown format; there are json and text\n", status: .badRequest)
        }
    }
}
