import FilterAPI
import KafkaMessages
import KafkaWire

extension FilteredResponse {
    /// Puts the parts that a filter has answered together with the answer to the rest.
    ///
    /// - Parameter filter: its place in the chain.
    /// - Throws: ``WireError`` if the answer to the rest cannot be read.
    func mergeParts(of filter: Int) throws(WireError) {
        let merged = try record.mergeParts(of: filter) { asked throws(WireError) in try decoded(asked) }
        if let merged { frame.setBody(merged) }
    }

    private func decoded<Asked: PartiallyAnswerable>(_ asked: Asked) throws(WireError) -> any ResponseMessage {
        try frame.body(Asked.Response.self)
    }
}
