import FilterAPI
import KafkaMessages
import KafkaWire

extension FilteredResponse {
    /// Puts what the last filter has answered, of those that did, together with the answer to the rest.
    ///
    /// - Throws: ``WireError`` if the answer to the rest cannot be read.
    func mergeLastPart() throws(WireError) {
        guard let partial = record.partialAnswers.last else { return }
        guard let asked = partial.asked as? any PartiallyAnswerable else {
            record.partialAnswers.removeLast()
            return
        }
        let rest = try decoded(asked)
        if let merged = record.mergeParts(of: partial.filter, into: rest) { frame.setBody(merged) }
    }

    private func decoded<Asked: PartiallyAnswerable>(_ asked: Asked) throws(WireError) -> any ResponseMessage {
        try frame.body(Asked.Response.self)
    }
}
