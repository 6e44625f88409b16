import FilterAPI
import KafkaMessages
import KafkaWire

extension FilteredResponse {
    /// Puts the part of the answer that a filter has given last together with the answer to the rest.
    ///
    /// - Throws: ``WireError`` if the answer to the rest cannot be read.
    func mergeLastPart() throws(WireError) {
        guard let partial = record.partialAnswers.popLast(), let asked = partial.asked as? any PartiallyAnswerable
        else { return }
        let answer = try decoded(asked)
        let merged = asked.mergeAny(answer, part: partial.answer, rest: partial.rest, version: record.apiVersion)
        if let merged { frame.setBody(merged) }
    }

    private func decoded<Asked: PartiallyAnswerable>(_ asked: Asked) throws(WireError) -> any ResponseMessage {
        try frame.body(Asked.Response.self)
    }
}
