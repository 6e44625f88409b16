import KafkaWire
import Testing

@Suite("UUIDs in Kafka's text form")
struct KafkaUUIDTests {
    @Test(
        "Text and value",
        arguments: [
            (KafkaUUID.zero, "AAAAAAAAAAAAAAAAAAAAAA"),
            (KafkaUUID(high: 0, low: 1), "AAAAAAAAAAAAAAAAAAAAAQ"),
            (KafkaUUID(high: .max, low: .max), "_____________________w"),
            (KafkaUUID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210), "ASNFZ4mrze_-3LqYdlQyEA"),
        ])
    func text(uuid: KafkaUUID, text: String) {
        #expect(uuid.description == text)
        #expect(KafkaUUID(text) == uuid)
    }

    @Test(
        "What is not 22 characters of base64url is refused",
        arguments: [
            "", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA+/", "AAAAAAAAAAAAAAAAAAAAAB",
            "AAAAAAAAAAAAAAAAAAAAA=",
        ])
    func refused(text: String) {
        #expect(KafkaUUID(text) == nil)
    }
}
