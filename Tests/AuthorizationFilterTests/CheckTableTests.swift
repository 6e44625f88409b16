import Foundation
import KafkaMessages
import KafkaWire
import Testing

@testable import AuthorizationFilter

@Suite("The table of what each API needs")
struct CheckTableTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("It names every API of the protocol, and no other")
    func everyAPI() throws {
        let folder = Self.root.appending(path: "Protocol")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        var keys: Set<Int16> = []
        for file in files where !file.hasPrefix(".") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for line in text.split(separator: "\n") {
                guard let match = line.firstMatch(of: /^api \w+ (\d+)$/), let key = Int16(match.1) else { continue }
                keys.insert(key)
            }
        }
        #expect(keys.count > 80)
        #expect(Set(CheckTable.kafka.rows.keys.map(\.rawValue)) == keys)
        #expect(Set(CheckTable.kafka.rows.keys) == Set(APIKey.known))
    }

    @Test("The documentation shows it as it is")
    func documentation() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/filters/authorization.md"), encoding: .utf8)
        #expect(
            page.contains(CheckTable.kafka.markdown),
            "in docs/filters/authorization.md, put:\n\(CheckTable.kafka.markdown)")
    }

    @Test("What is refused for lack of a right to the cluster is the request, never a part that has no such check")
    func subjects() {
        for (key, checks) in CheckTable.kafka.rows {
            for check in checks where check.subject == .request && !check.isOnAnswer {
                #expect(check.rights.first?.resource == .cluster, "\(key)")
            }
        }
    }
}
