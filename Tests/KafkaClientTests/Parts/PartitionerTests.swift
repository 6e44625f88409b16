import Testing

@testable import KafkaClient

@Suite("Choosing a partition")
struct PartitionerTests {
    // The values of Kafka's own tests of this function.
    @Test(
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
        ] as [(String, Int32)])
    func `keys are hashed as Java clients do`(key: String, expected: Int32) {
        let hash = Array(key.utf8).withUnsafeBytes { Partitioner.murmur2($0) }
        #expect(Int32(bitPattern: hash) == expected)
    }
}
