/// What this module reads of a `rd_kafka_message_t`.
///
/// Its fields are read by their offsets on 64-bit systems: error at 0, payload at 24 and its length at 32.
struct LibrdkafkaMessage {
    private let address: UnsafeRawPointer

    /// A view of the C structure at `address`, which must outlive it.
    init(at address: UnsafeRawPointer) {
        self.address = address
    }

    /// `rd_kafka_resp_err_t`: 0, Kafka's own codes above it, the library's below.
    var error: Int32 { address.load(as: Int32.self) }

    /// The record's value, empty if null.
    var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: address.load(fromByteOffset: 24, as: UnsafeRawPointer?.self),
            count: address.load(fromByteOffset: 32, as: Int.self))
    }
}
