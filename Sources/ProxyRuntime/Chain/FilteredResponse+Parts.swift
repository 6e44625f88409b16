import FilterAPI
import KafkaMessages
import KafkaWire

extension FilteredResponse {
    /// Puts the parts that the last filter has answered, of those that did, together with the answer to the rest.
    ///
    /// - Throws: ``WireError`` if the answer to the rest cannot be read.
    func mergeLastPart() throws(WireError) {
        guard let partial = record.partialAnswers.last, let asked = partial.asked as? any PartiallyAnswerable else {
            _ = record.partialAnswers.popLast()
            return
        }
        let rest = try decoded(asked)
        guard let merged = record.mergeParts(of: partial.filter, into: rest) else { return }
        frame.setBody(merged)
    }

    private func decoded<Asked: PartiallyAnswerable>(_ asked: Asked) throws(WireError) -> any ResponseMessage {
        try frame.body(Asked.Response.self)
    }
}
