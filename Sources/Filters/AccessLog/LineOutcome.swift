import FilterAPI
import KafkaMessages
import KafkaWire

/// How a request ended, as a line says it: taken apart once a line, as each look into the result counts references.
struct LineOutcome {
    /// Who answered.
    enum Answerer {
        case broker
        case proxy
        case filter
        case nobody
    }

    /// `answered`, `no_response` or `closed`.
    let word: StaticString
    let answerer: Answerer
    /// The filter's name.
    let filter: String?
    /// Why the connection closed.
    let closeReason: String?
    /// True if there was a response, and the proxy knows where its error codes are.
    let hasReadableResponse: Bool

    @inline(__always)
    init(_ result: CompletedRequest.Result, of record: RequestRecord) {
        var word: StaticString = "answered"
        var answerer = Answerer.nobody
        var filter: String?
        var closeReason: String?
        switch result {
        case .answered: answerer = .broker
        case .answeredByProxy: answerer = .proxy
        case .answeredByFilter(let name):
            answerer = .filter
            filter = name
        case .noResponse: word = "no_response"
        case .closed(let reason):
            word = "closed"
            closeReason = reason
        }
        self.word = word
        self.answerer = answerer
        self.filter = filter
        self.closeReason = closeReason
        hasReadableResponse = answerer != .nobody && ReadableResponses.contains(record.apiKey, record.apiVersion)
    }
}

/// The versions of each API whose responses can be read.
private enum ReadableResponses {
    private static let versions: [ClosedRange<Int16>?] = {
        let last = APIKey.known.map(\.rawValue).max() ?? 0
        return (0...last).map { MessageLayout.layout(APIKey(rawValue: $0), .response)?.validVersions }
    }()

    static func contains(_ key: APIKey, _ version: Int16) -> Bool {
        let index = Int(key.rawValue)
        guard versions.indices.contains(index), let range = versions[index] else { return false }
        return range.contains(version)
    }
}
