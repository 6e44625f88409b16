import Foundation
import Testing

@testable import Telemetry

@Suite("The page docs/metrics.md")
struct MetricsPageTests {
    /// What the page and a declaration must agree on.
    struct Row: Hashable, CustomStringConvertible {
        var name: String
        var type: String
        var labels: [String]
        var cap: String

        var description: String { "\(name) \(type) \(labels) \(cap)" }
    }

    @Test("lists every family as it is declared, and no other")
    func agrees() async throws {
        let registry = MetricsRegistry()
        _ = CoreMetrics(registry: registry)
        _ = ReloadMetrics(registry: registry)
        ProcessMetrics.declare(in: registry)
        BuildInformation(version: "1", kafkaVersion: "4.3").declare(in: registry)
        LogSink(descriptor: 2).declareMetrics(in: registry)

        let declared = registry.families.map { family in
            Row(
                name: family.name, type: family.kind.rawValue, labels: family.labelNames,
                cap: family.clientChosenLabels.isEmpty ? "–" : "\(family.cap)")
        }
        let page = try rows()
        #expect(Set(declared).subtracting(page) == [], "declared, but not on the page")
        #expect(Set(page).subtracting(declared) == [], "on the page, but not declared")
        #expect(page.count == declared.count)
    }

    private func rows() throws -> [Row] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        let text = try String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        return text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            func names(_ column: String) -> [String] {
                column.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
            }
            return Row(
                name: names(columns[0])[0], type: columns[1], labels: names(columns[2]).filter { !$0.isEmpty },
                cap: columns[4])
        }
    }
}
