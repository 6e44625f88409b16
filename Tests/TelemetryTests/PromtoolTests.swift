import Foundation
import Testing

@testable import Telemetry

@Suite("promtool", .enabled(if: Promtool.path != nil, "promtool is in Debian's package prometheus"))
struct PromtoolTests {
    @Test("finds nothing to say about any family, with and without series")
    func acceptsAllFamilies() async throws {
        let registry = MetricsRegistry()
        _ = CoreMetrics(registry: registry)
        ProcessMetrics.declare(in: registry)
        BuildInformation(version: "0.1.0", kafkaVersion: "4.3", opensslVersion: "OpenSSL 3").declare(in: registry)

        let empty = try Promtool.check(PrometheusText.render(await registry.gather()))
        #expect(empty == "")

        let hostile = "\u{0}\"\\\n} 1\r\n</script>é\u{2028}"
        for family in registry.families {
            let labels = family.labelNames.map { _ in hostile }
            switch family.kind {
            case .counter: registry.shared.increment(CounterFamily(family: family), labels)
            case .gauge: registry.shared.add(GaugeFamily(family: family), labels, -1)
            case .histogram: registry.shared.observe(HistogramFamily(family: family), labels, 1_000_000)
            }
        }
        let filled = try Promtool.check(PrometheusText.render(await registry.gather()))
        #expect(filled == "")
    }

    @Test("does find what is wrong")
    func findsMistakes() throws {
        #expect(try Promtool.check("# TYPE a counter\na 1\n") != "")
    }
}

/// Debian's promtool, where it is installed.
enum Promtool {
    static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// What `promtool check metrics` says about a text; nothing if all is well.
    static func check(_ text: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("metrics-\(UUID().uuidString).txt")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments = ["check", "metrics"]
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? said : "exit status \(process.terminationStatus): \(said)"
    }
}
