import KafkaMessages
package import KafkaWire

/// The versions that a broker serves, as it told by ApiVersions.
package struct ServedVersions: Sendable, Equatable {
    private var ranges: [Int16: ClosedRange<Int16>]

    /// - Parameter answer: ranges that make no sense are left out.
    init(_ answer: ApiVersionsResponse) {
        ranges = [:]
        for api in answer.apiKeys where api.minVersion <= api.maxVersion {
            ranges[api.apiKey] = api.minVersion...api.maxVersion
        }
    }

    /// - Parameter ranges: by API.
    package init(_ ranges: [APIKey: ClosedRange<Int16>]) {
        self.ranges = Dictionary(uniqueKeysWithValues: ranges.map { ($0.key.rawValue, $0.value) })
    }

    /// The highest version that both sides have; nil if there is none.
    package func highest(_ key: APIKey, of ours: ClosedRange<Int16>) -> Int16? {
        guard let range = ranges[key.rawValue] else { return nil }
        let version = min(range.upperBound, ours.upperBound)
        return version >= max(range.lowerBound, ours.lowerBound) ? version : nil
    }
}
