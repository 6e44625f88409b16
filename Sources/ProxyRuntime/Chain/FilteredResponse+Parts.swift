import FilterAPI
import KafkaMessages
import KafkaWire

extension FilteredResponse {
    /// Puts the parts that a filter has answered together with the answer to the rest.
    ///
    /// - Parameter filter: its place in the chain.
    /// - Throws: ``WireError`` if the answer to the rest cannot be read.
    func mergeParts(of filter: Int) throws(WireError) {
        guard let partial = record.partialAnswers.last, partial.filter == filter,
            let asked = partial.asked as? any PartiallyAnswerable
        else { return }
        let rest = try decoded(asked)
        guard let merged = record.mergeParts(of: filter, into: rest) else { return }
        frame.setBody(merged)
    }

    private func decoded<Asked: PartiallyAnswerable>(_ asked: Asked) throws(WireError) -> any ResponseMessage {
        try frame.body(Asked.Response.self)
    }
}
