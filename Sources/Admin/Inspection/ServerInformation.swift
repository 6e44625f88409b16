/// What is running, and since when.
package struct ServerInformation: Sendable, Encodable {
    /// Where the process is in its life.
    package enum State: String, Sendable, Encodable {
        /// Not all listeners are open yet.
        case initializing
        /// Clients are served.
        case live
        /// No new connections are taken; those that are open are being finished.
        case draining
    }

    /// The version of Sluice.
    package var version: String
    /// The version of Kafka whose protocol is spoken.
    package var kafkaVersion: String
    /// The version of the OpenSSL library in use; `nil` if there is none.
    package var opensslVersion: String?
    /// Where the process is in its life.
    package var state: State
    /// Since the start, in seconds.
    package var uptimeSeconds: Int
    /// How many event loops serve clients.
    package var concurrency: Int
    /// The path of the configuration file; `nil` if there is none.
    package var configurationFile: String?
    /// 1 since the start, one more with each reload that changed something.
    package var configurationGeneration: Int
    /// The process's ID.
    package var processID: Int

    /// Makes a description.
    ///
    /// - Parameters:
    ///   - version: the version of Sluice.
    ///   - kafkaVersion: the version of Kafka whose protocol is spoken.
    ///   - opensslVersion: the version of the OpenSSL library in use.
    ///   - state: where the process is in its life.
    ///   - uptimeSeconds: since the start, in seconds.
    ///   - concurrency: how many event loops serve clients.
    ///   - configurationFile: the path of the configuration file.
    ///   - configurationGeneration: 1 since the start, one more with each reload that changed something.
    ///   - processID: the process's ID.
    package init(
        version: String, kafkaVersion: String, opensslVersion: String? = nil, state: State, uptimeSeconds: Int,
        concurrency: Int, configurationFile: String? = nil, configurationGeneration: Int = 1, processID: Int
    ) {
        self.version = version
        self.kafkaVersion = kafkaVersion
        self.opensslVersion = opensslVersion
        self.state = state
        self.uptimeSeconds = uptimeSeconds
        self.concurrency = concurrency
        self.configurationFile = configurationFile
        self.configurationGeneration = configurationGeneration
        self.processID = processID
    }
}
