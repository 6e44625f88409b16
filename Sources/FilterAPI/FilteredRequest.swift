/// A request as a filter sees it. Valid during the call, and while the filter holds it.
public final class FilteredRequest {
    /// What stays with the request to its end.
    public private(set) var record: RequestRecord
    /// The frame, its fields and its body.
    public var frame: FilteredFrame
    /// The filter that is at work, by its place in the chain.
    package var current = 0

    package init(record: RequestRecord, frame: FilteredFrame) {
        self.record = record
        self.frame = frame
    }

    /// Shows the header of another request.
    package func begin(_ record: RequestRecord) {
        self.record = record
        frame.begin(record.apiKey, record.apiVersion)
        current = 0
    }

    /// What the filter at work keeps for this request.
    public var note: (any Sendable)? {
        get { record.notes[current] }
        set { record.notes[current] = newValue }
    }

    /// Slows the client the way a broker's quota does: the response carries the time, and nothing more is read from
    /// the connection for as long. The largest time that a filter asks for counts.
    public func throttle(for time: Duration) {
        record.throttle = max(record.throttle, time)
    }

    /// Has the response held until it is whole, whatever the depth at which the filter is interested in it: for filters
    /// that find out at the request whether they must read the answer.
    public func inspectResponse() {
        record.inspectsResponse = true
    }

    /// Gives a part of the answer. The filter takes the part out of the request; what is left goes on, and the answers
    /// are merged in the order asked when the response comes back to this filter: filters before it see the whole,
    /// filters behind it only what went on.
    ///
    /// - Parameters:
    ///   - part: the answer to the part.
    ///   - asked: the request as it came.
    public func answerPart<Asked: PartiallyAnswerable>(_ part: Asked.Response, asked: Asked) {
        record.partialAnswers.append(PartialAnswer(filter: current, asked: asked, rest: nil, answer: part))
    }

    /// As ``answerPart(_:asked:)``, for answers that may not name their parts.
    func answerPart<Asked: PartiallyAnswerable>(_ part: Asked.Response, asked: Asked, rest: Asked) {
        record.partialAnswers.append(PartialAnswer(filter: current, asked: asked, rest: rest, answer: part))
    }
}
