import HTTPTypes
import Logging
import Telemetry

extension AdminEndpoints {
    @Sendable func logging(_ request: AdminRequest) async -> AdminResponse {
        if request.parameters["level"] != nil {
            return .text(
                "to change the level, use POST\n", status: .methodNotAllowed, allow: "POST")
        }
        return await logLevelPage(request)
    }

    @Sendable func setLogging(_ request: AdminRequest) async -> AdminResponse {
        guard let level = request.parameters["level"].flatMap({ Logger.Level(rawValue: $0.lowercased()) }) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            return .text("level: one of \(levels)\n", status: .badRequest)
        }
        await inspection.setLogLevel(level)
        report("log level changed", ["level": "\(level.rawValue)"])
        return await logLevelPage(request)
    }

    private func logLevelPage(_ request: AdminRequest) async -> AdminResponse {
        let level = await inspection.logLevel()
        return page(request, usually: .text) {
            .json(["level": level.rawValue])
        } text: {
            .text("level: \(level.rawValue)\n")
        }
    }

    @Sendable func failHealthcheck(_ request: AdminRequest) async -> AdminResponse {
        await inspection.failHealthcheck()
        report("health check set to fail")
        return .text("/ready now answers 503, until POST /healthcheck/ok\n")
    }

    @Sendable func okHealthcheck(_ request: AdminRequest) async -> AdminResponse {
        await inspection.okHealthcheck()
        report("health check set to ok")
        return .text("/ready now answers as the proxy is\n")
    }

    @Sendable func drainListeners(_ request: AdminRequest) async -> AdminResponse {
        report("draining listeners")
        await inspection.drainListeners()
        return .text("listeners are draining\n")
    }

    @Sendable func reload(_ request: AdminRequest) async -> AdminResponse {
        report("reloading")
        return switch await inspection.reload() {
        case .reloaded(let changes): .text(changes.hasSuffix("\n") ? changes : changes + "\n")
        case .refused(let errors):
            .text(errors.hasSuffix("\n") ? errors : errors + "\n", status: .unprocessableContent)
        case .unsupported: .text("this build cannot reload; restart it\n", status: .notImplemented)
        }
    }

    @Sendable func resetCounters(_ request: AdminRequest) async -> AdminResponse {
        await registry.resetCounters()
        report("counters reset")
        return .text("counters and histograms are zero\n")
    }

    @Sendable func quit(_ request: AdminRequest) async -> AdminResponse {
        report("asked to quit")
        await inspection.quit()
        return .text("draining, then exiting\n")
    }

    /// Every button that is pressed is in the log.
    private func report(_ what: Logger.Message, _ metadata: Logger.Metadata = [:]) {
        logger.notice(what, metadata: metadata)
    }
}

extension AdminResponse {
    /// A refusal that says which methods there are.
    static func text(_ body: String, status: HTTPResponse.Status, allow: String) -> AdminResponse {
        var response = AdminResponse.text(body, status: status)
        response.extraHeaders[.allow] = allow
        return response
    }
}
