import FilterAPI
import KafkaMessages
import KafkaWire

extension FilteredResponse {
    /// Puts the broker's answer and those that filters have given to parts of the request together.
    func mergeParts() throws(WireError) {
        guard !record.parts.isEmpty, let asked = record.asked as? any PartiallyAnswerable else { return }
        let fromBroker = try decoded(asked)
        guard let merged = asked.mergeAny([fromBroker] + record.parts, version: record.apiVersion) else { return }
        frame.setBody(merged)
    }

    private func decoded<Asked: PartiallyAnswerable>(_ asked: Asked) throws(WireError) -> any ResponseMessage {
        try frame.body(Asked.Response.self)
    }
}
