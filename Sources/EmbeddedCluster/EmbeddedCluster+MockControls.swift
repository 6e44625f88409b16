/// Faults on demand, for tests.
extension EmbeddedCluster {
    /// The code that closes the connection instead of answering: librdkafka's own, "broker transport failure".
    package static let connectionLost: Int16 = -195

    /// Lets the next requests of an API fail, one for each code, at whatever broker they come to.
    ///
    /// Where an answer has an error for each partition, all get it.
    ///
    /// - Parameters:
    ///   - codes: Kafka's numbers, 0 for a request that goes through, or ``connectionLost``.
    ///   - apiKey: the API's number.
    /// - Throws: `EmbeddedClusterError` if the cluster is stopped.
    package func failNextRequests(_ codes: [Int16], of apiKey: Int16) throws(EmbeddedClusterError) {
        try perform("push errors") { handles in
            library.pushMockErrors(handles.cluster, apiKey, codes.count, codes.map(Int32.init))
            return 0
        }
    }

    /// Forgets the failures that are still to come for an API.
    ///
    /// - Throws: `EmbeddedClusterError` if the cluster is stopped.
    package func clearFailures(of apiKey: Int16) throws(EmbeddedClusterError) {
        try perform("clear errors") { handles in
            library.clearMockErrors(handles.cluster, apiKey)
            return 0
        }
    }

    /// Makes another broker the leader of a partition.
    ///
    /// - Throws: `EmbeddedClusterError` if there is no such partition or broker, or the cluster is stopped.
    package func setLeader(of topic: String, _ partition: Int32, to broker: Int32) throws(EmbeddedClusterError) {
        try perform("move the leader of \(topic)-\(partition)") { handles in
            library.setMockLeader(handles.cluster, topic, partition, broker)
        }
    }

    /// Lets a broker take as long for each answer, in milliseconds; 0 for at once.
    ///
    /// - Throws: `EmbeddedClusterError` if there is no such broker, or the cluster is stopped.
    package func setRoundTrip(of broker: Int32, milliseconds: Int32) throws(EmbeddedClusterError) {
        try perform("slow broker \(broker) down") { handles in
            library.setMockBrokerRTT(handles.cluster, broker, milliseconds)
        }
    }

    /// Lets metadata tell an error for a topic, Kafka's number; 0 for none. The topic comes into being if need be.
    ///
    /// - Throws: `EmbeddedClusterError` if the cluster is stopped.
    package func setError(_ code: Int16, of topic: String) throws(EmbeddedClusterError) {
        try perform("let topic \(topic) fail") { handles in
            library.setMockTopicError(handles.cluster, topic, Int32(code))
            return 0
        }
    }

    /// Narrows the versions of an API that the brokers serve.
    ///
    /// - Throws: `EmbeddedClusterError` if it does not have the API, or the cluster is stopped.
    package func setVersions(_ versions: ClosedRange<Int16>, of apiKey: Int16) throws(EmbeddedClusterError) {
        try perform("set versions of API \(apiKey)") { handles in
            library.setMockVersions(handles.cluster, apiKey, versions.lowerBound, versions.upperBound)
        }
    }
}
