import Logging
import NIOCore
import Telemetry

/// Runs the proxy inside this process until the task is cancelled, as the demo does.
func runProxy(configurationFile: String) async throws {
    var logger = Logger(label: "sluice")
    logger.logLevel = .warning
    let server = try ProxyServer(
        loaded: try ConfigurationFile.load(configurationFile), file: nil, concurrency: 1,
        level: LogLevelControl(.warning), sink: nil, logger: logger)
    // A task of its own: cancelled, the admin server would break off and say so, where it is to end as by a signal.
    let running = Task { try await server.run(signals: false) }
    try await withTaskCancellationHandler {
        try await running.value
    } onCancel: {
        _ = server.status.quit()
    }
}
