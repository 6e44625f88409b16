import FilterAPI
import KafkaMessages
import KafkaWire
import Testing

@testable import TopicRewriteFilter

@Suite("The table of fields that hold names")
struct FieldTableTests {
    @Test("It has every text, bytes and UUID of every message: a new one is to be judged before it passes")
    func isComplete() {
        let actual = FieldRow.layouts.flatMap(FieldRow.rows).map(\.description)
        for row in Set(actual).subtracting(FieldTable.rows) { Issue.record("not in the table: \(row)") }
        for row in Set(FieldTable.rows).subtracting(actual) { Issue.record("in the table only: \(row)") }
        #expect(actual.count == FieldTable.rows.count)
    }

    @Test("Only what brokers say to each other is left alone")
    func betweenBrokers() {
        #expect(TranslatedAPIs.betweenBrokers.compactMap(\.name).sorted() == FieldTable.betweenBrokers.sorted())
    }

    @Test("Every frame that holds a name is looked at", arguments: FieldRow.layouts)
    func interests(layout: MessageLayout) {
        let rows = FieldRow.rows(layout)
        for version in layout.validVersions {
            let holds = rows.contains { row in
                row.versions.contains(version) && row.meaning != .nothing
                    && (row.meaning != .topicID || layout.direction == .request)
            }
            // Responses of a Fetch by ID hold no names.
            guard holds else { continue }
            let isSeen = TranslatedAPIs.interests.contains { $0.covers(layout.apiKey, version, layout.direction) }
            #expect(isSeen, "\(layout.name) v\(version)")
        }
    }

    @Test("The frames of these tests have a name in every row, at every version of it", arguments: FieldRow.layouts)
    func coverage(layout: MessageLayout) {
        for version in layout.validVersions {
            var named: Set<String> = []
            for seed in UInt64(0)..<TranslationTests.seeds {
                named.formUnion(
                    NamedFrame(
                        layout, version: version, seed: seed, coordinatorKeyType: Int8(seed % 3)
                    ).named)
            }
            for row in FieldRow.rows(layout) where row.versions.contains(version) {
                switch row.meaning {
                case .nothing, .topicID: break
                case .resource where layout.apiKey == .listConfigResources && version == 0: break
                default: #expect(named.contains(row.path), "\(row) in version \(version)")
                }
            }
        }
    }
}

extension MessageLayout: CustomTestStringConvertible {
    /// Its name.
    package var testDescription: String { name }
}
