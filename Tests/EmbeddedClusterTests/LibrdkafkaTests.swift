import Testing

@testable import EmbeddedCluster

@Suite("Finding librdkafka")
struct LibrdkafkaTests {
    @Test("names the Debian package when the library is missing")
    func libraryMissing() throws {
        let error = try #require(throws: EmbeddedClusterError.self) {
            try Librdkafka.load(named: "librdkafka-of-no-machine.so")
        }
        #expect(error.description.contains("apt-get install librdkafka1"))
    }

    @Test("names the function that an unfit library lacks")
    func symbolMissing() {
        #expect(throws: EmbeddedClusterError.symbolMissing("rd_kafka_conf_new")) {
            try Librdkafka.load(named: "libc.so.6")
        }
    }
}
