import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@Suite("Frames of real clients and brokers")
struct CapturedFramesTests {
    @Test("They come back byte for byte", arguments: CapturedFrame.files)
    func roundTrip(file: String) throws {
        for captured in try CapturedFrame.frames(file) {
            let bytes = captured.bytes
            let frame = try captured.decode(bytes)
            #expect(frame.apiVersion == captured.apiVersion)
            let written = try frame.encoded()
            #expect(written == bytes, "\(captured)")
        }
    }

    @Test("They are many")
    func coverage() throws {
        #expect(CapturedFrame.files.count == 20)
        #expect(try CapturedFrame.smallest().count == 598)
    }

    @Test("Bytes after the end of a body are kept: librdkafka sends some")
    func trailingBytes() throws {
        let frames = try CapturedFrame.frames("kafka-4.3-confluent-kafka.jsonl")
        let trailing = try frames.filter { try $0.decode($0.bytes).trailing.readableBytes > 0 }
        #expect(!trailing.isEmpty)
        #expect(trailing.allSatisfy { $0.direction == "request" })
    }

    @Test("Members' subscriptions and assignments come back byte for byte")
    func consumerProtocol() throws {
        var subscriptions = 0
        var assignments = 0
        for captured in try CapturedFrame.files.flatMap({ try CapturedFrame.frames($0) }) {
            let body = try captured.decode(captured.bytes).body
            if let request = body as? JoinGroupRequest, request.protocolType == "consumer" {
                for entry in request.protocols {
                    #expect(try Self.rewritten(entry.metadata, ConsumerProtocolSubscription.self) == entry.metadata)
                    subscriptions += 1
                }
            } else if let request = body as? SyncGroupRequest, request.protocolType ?? "consumer" == "consumer" {
                for entry in request.assignments {
                    #expect(try Self.rewritten(entry.assignment, ConsumerProtocolAssignment.self) == entry.assignment)
                    assignments += 1
                }
            }
        }
        #expect(subscriptions > 10)
        #expect(assignments > 5)
    }

    private static func rewritten<Message: KafkaMessage>(
        _ bytes: ByteBuffer, _: Message.Type
    ) throws(WireError) -> ByteBuffer {
        var reader = WireReader(bytes)
        let version = try reader.readInt16()
        let message = try Message.decode(from: &reader, version: version)
        var writer = WireWriter()
        writer.writeInt16(version)
        try message.encode(into: &writer, version: version)
        writer.writeRaw(reader.rest)
        return writer.finish()
    }
}
