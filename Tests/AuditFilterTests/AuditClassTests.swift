import KafkaMessages
import KafkaWire
import Testing

@testable import AuditFilter

@Suite("The classes of an audit")
struct AuditClassTests {
    @Test(arguments: APIKey.known)
    func `have every API, and each in one of them only`(key: APIKey) {
        let classes = AuditedAPI.classes.filter { $0.apis.contains { $0.key == key } }
        #expect(classes.count == 1)
        #expect(classes.flatMap(\.apis).count { $0.key == key } == 1)
    }
}
