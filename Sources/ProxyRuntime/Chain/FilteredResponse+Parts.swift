import FilterAPI
import KafkaMessages
import KafkaWire

extension FilteredResponse {
    /// Puts the parts that a filter has answered together with the answer to the rest.
    ///
    /// - Parameter filter: its place in the chain.
    func mergeParts(of filter: Int) throws(WireError) {
        guard let partial = record.partialAnswers.last, partial.filter == filter,
            let asked = partial.asked as? any PartiallyAnswerable
        else { return }
        record.partialAnswers.removeLast()
        let rest = try decoded(asked)
        guard let merged = asked.mergeAny([rest] + partial.answers, version: record.apiVersion) else { return }
        frame.setBody(merged)
    }

    private func decoded<Asked: PartiallyAnswerable>(_ asked: Asked) throws(WireError) -> any ResponseMessage {
        try frame.body(Asked.Response.self)
    }
}
