import FilterAPI
import NIOCore
import Sinks
import Telemetry

/// What one access log has written and dropped.
final class LineAccount: Sendable, LineObserver {
    private let labels: [String]
    private let metrics: MetricsRegistry
    private let written: CounterFamily
    private let dropped: CounterFamily
    /// Nil unless this is a dry run.
    private let withheld: CounterFamily?
    private let errors: CounterFamily

    init(_ context: FilterContext) {
        labels = [context.name]
        metrics = context.metrics
        written = metrics.counter(
            "sluice_access_log_lines_total", help: "Lines that access logs have written.", labels: ["filter"])
        dropped = metrics.counter(
            "sluice_access_log_lines_dropped_total",
            help: "Lines that access logs have dropped because their file did not take them fast enough.",
            labels: ["filter"])
        withheld =
            context.isDryRun
            ? metrics.counter(
                "sluice_access_log_lines_would_write_total",
                help: "Lines that access logs in a dry run would have written.", labels: ["filter"])
            : nil
        errors = metrics.counter(
            "sluice_access_log_errors_total",
            help: "Failures of writing, or of opening anew, the files of access logs.",
            labels: ["filter"])
        // So that they are shown before the first line.
        metrics.shared.increment(written, labels, by: 0)
        metrics.shared.increment(dropped, labels, by: 0)
        metrics.shared.increment(errors, labels, by: 0)
    }

    func written(_ lines: Int, bytes: Int, since: NIODeadline?) {
        metrics.shared.increment(written, labels, by: UInt64(clamping: lines))
    }

    func dropped(_ lines: Int, bytes: Int, _ reason: SinkDropReason) {
        metrics.shared.increment(dropped, labels, by: UInt64(clamping: lines))
    }

    /// Counts lines of a dry run.
    func countWithheld(_ lines: Int) {
        guard let withheld else { return }
        metrics.shared.increment(withheld, labels, by: UInt64(clamping: lines))
    }

    func failed() {
        metrics.shared.increment(errors, labels)
    }
}
