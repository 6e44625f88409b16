/// A response as a filter sees it. Valid during the call, and while the filter holds it.
public final class FilteredResponse {
    /// What stays with the request to its end.
    public let record: RequestRecord
    /// The frame, its fields and its body.
    public var frame: FilteredFrame
    /// The filter that is at work, by its place in the chain.
    package var current = 0

    package init(record: RequestRecord, frame: FilteredFrame) {
        self.record = record
        self.frame = frame
    }

    /// What the filter at work keeps for this request.
    public var note: (any Sendable)? {
        get { record.notes[current] }
        set { record.notes[current] = newValue }
    }
}
