/// What is said of the build by `sluice_build_info` and by the admin server.
public struct BuildInformation: Sendable {
    /// The version of Sluice, such as `0.1.0`.
    public var version: String
    /// The version of Kafka whose protocol is spoken, such as `4.3`.
    public var kafkaVersion: String
    /// The version of the OpenSSL library in use; empty if there is none.
    public var opensslVersion: String

    /// Makes a description of a build.
    ///
    /// - Parameters:
    ///   - version: the version of Sluice.
    ///   - kafkaVersion: the version of Kafka whose protocol is spoken.
    ///   - opensslVersion: the version of the OpenSSL library in use; empty if there is none.
    public init(version: String, kafkaVersion: String, opensslVersion: String = "") {
        self.version = version
        self.kafkaVersion = kafkaVersion
        self.opensslVersion = opensslVersion
    }

    /// Declares `sluice_build_info`.
    ///
    /// - Parameter registry: where to declare it.
    public func declare(in registry: MetricsRegistry) {
        let labelValues = [version, kafkaVersion, opensslVersion]
        registry.sampled(
            "sluice_build_info", help: "Always 1; the labels say which build is running.",
            labels: ["version", "kafka_version", "openssl_version"]
        ) {
            [MetricSample(labelValues, 1)]
        }
    }
}
