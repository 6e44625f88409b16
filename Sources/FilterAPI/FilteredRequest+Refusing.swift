import KafkaMessages
public import KafkaWire

extension FilteredRequest {
    /// Refuses parts of a request, or all of it, and lets the rest go on.
    ///
    /// The refused parts are taken out of the frame, and their answer is merged with the broker's in the order asked.
    ///
    /// - Parameters:
    ///   - asked: the body as the frame has it now, as ``FilteredFrame/body(_:)`` gives it.
    ///   - decide: why something is refused; nil if it is not. Called for the request's subjects first, of which one is
    ///     enough to refuse all, then as ``PartiallyRefusable/refuseParts(version:_:)`` says.
    /// - Returns: what to return from ``ConnectionFilter/request(_:)``, or to give to the future of a hold: the answer if
    ///   nothing is left, else to forward.
    public func refuse<Asked: PartiallyRefusable>(
        _ asked: Asked, _ decide: (ResourceReference) -> Refusal?
    ) -> RequestAction {
        if let action = refuseSubjects(of: asked, decide) { return action }
        var rest = asked
        switch rest.refuseParts(version: record.apiVersion, decide) {
        case .nothing: return .forward
        case .everything(let answer): return .answer(Answer(answer))
        case .part(let answer):
            answerPart(answer, asked: asked, rest: rest)
            frame.setBody(rest)
            return .forward
        }
    }

    /// Refuses parts of this request, or all of it, whichever API it is of.
    ///
    /// Requests that name nothing are forwarded. Those whose body streams past, or cannot be read, cannot be judged.
    ///
    /// - Parameter decide: as with ``refuse(_:_:)``.
    /// - Returns: as ``refuse(_:_:)`` does.
    /// - Throws: ``WireError`` if the body cannot be read; `unknownAPI` for an API that is not known here.
    public func refuseParts(_ decide: (ResourceReference) -> Refusal?) throws(WireError) -> RequestAction {
        guard let type = record.apiKey.requestType else {
            throw WireError(.unknownAPI, at: 0, actual: Int(record.apiKey.rawValue), field: "API key")
        }
        if let type = type as? any PartiallyRefusable.Type { return try refuseParts(of: type, decide) }
        if let type = type as? any SubjectNaming.Type {
            return refuseSubjects(of: try body(of: type), decide) ?? .forward
        }
        return .forward
    }

    /// Refuses all of this request, whichever API it is of: the error stands where a broker would put it.
    ///
    /// - Parameter refusal: the error.
    /// - Returns: the answer, to return from ``ConnectionFilter/request(_:)``.
    /// - Throws: as ``refuseParts(_:)`` does.
    public func refuseAll(_ refusal: Refusal) throws(WireError) -> RequestAction {
        guard let type = record.apiKey.requestType as? any Refusable.Type else {
            throw WireError(.unknownAPI, at: 0, actual: Int(record.apiKey.rawValue), field: "API key")
        }
        return try refuseAll(of: type, refusal)
    }

    private func refuseAll<Asked: Refusable>(of type: Asked.Type, _ refusal: Refusal) throws(WireError) -> RequestAction
    {
        .answer(Answer(try frame.body(type).refusal(refusal, version: record.apiVersion)))
    }

    private func refuseParts<Asked: PartiallyRefusable>(
        of type: Asked.Type, _ decide: (ResourceReference) -> Refusal?
    ) throws(WireError) -> RequestAction {
        refuse(try frame.body(type), decide)
    }

    private func body<Asked: SubjectNaming>(of type: Asked.Type) throws(WireError) -> any SubjectNaming {
        try frame.body(type)
    }

    private func refuseSubjects(
        of asked: any RequestMessage, _ decide: (ResourceReference) -> Refusal?
    ) -> RequestAction? {
        guard let asked = asked as? any SubjectNaming else { return nil }
        for subject in asked.subjects(version: record.apiVersion) {
            if let refusal = decide(subject) {
                return .answer(Answer(asked.refusal(refusal, version: record.apiVersion)))
            }
        }
        return nil
    }
}
