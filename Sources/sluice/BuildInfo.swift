/// What this build is.
enum BuildInfo {
    /// The version of Sluice.
    static let version = "0.1.0"
    /// The newest Kafka release whose protocol is known.
    static let kafkaVersion = "4.3"
    /// The oldest Kafka release whose versions of APIs are all known.
    static let oldestKafkaVersion = "3.9"
}
