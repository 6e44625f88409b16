import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct RecordTests {
    @Test(arguments: TLSVersion.allCases, [1, 16_384, 16_385, 3_000_000])
    func `bytes arrive as they were sent, both ways`(version: TLSVersion, count: Int) throws {
        var scene = try Scene()
        scene.speak(version)
        let pair = try scene.met()
        let up = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let down = Array(up.reversed())
        let sent = pair.client.send(up)
        _ = pair.server.send(down)
        try pair.carry(size: 65_536)
        try sent.wait()
        #expect(pair.server.above.received == up)
        #expect(pair.client.above.received == down)
    }

    @Test(arguments: ["ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"])
    func `ciphers with a MAC of their own work too`(cipher: String) throws {
        var scene = try Scene()
        let rsa = try scene.authority.issue("/CN=rsa", names: "DNS:broker.example", rsaBits: 2048)
        scene.server.certificates = [try scene.write(rsa, "rsa")]
        scene.speak(.tls12)
        scene.server.protocols.ciphers = cipher
        scene.client.protocols.ciphers = cipher
        let pair = try scene.met()
        let bytes = [UInt8](repeating: 7, count: 100_000)
        _ = pair.client.send(bytes)
        try pair.carry()
        #expect(pair.server.above.received == bytes)
        #expect(pair.server.above.completed.first?.cipher == cipher)
    }

    @Test func `all that was received goes up at once`() throws {
        let pair = try Scene().met()
        for part in 0..<10 { _ = pair.client.send([UInt8](repeating: UInt8(part), count: 6000)) }
        try pair.carry()
        #expect(pair.server.above.reads == [60_000])
        #expect(pair.server.above.readCompletes == 1)
    }

    @Test func `small writes share a record`() throws {
        let pair = try Scene().met()
        let writes = pair.client.below.writes
        var sent: [EventLoopFuture<Void>] = []
        for part in 0..<100 { sent.append(pair.client.channel.write(ByteBuffer(repeating: UInt8(part), count: 100))) }
        let empty = pair.client.channel.write(ByteBuffer())
        #expect(pair.client.below.writes == writes)
        pair.client.channel.flush()
        let bytes = try pair.client.takeSent()
        #expect(pair.client.below.writes == writes + 1)
        #expect(bytes.readableBytes == 10_000 + 22)
        for each in sent + [empty] { try each.wait() }
        try pair.server.receive(bytes)
        #expect(pair.server.above.received == (0..<100).flatMap { [UInt8](repeating: UInt8($0), count: 100) })
    }

    @Test func `what was not flushed is not sent`() throws {
        let pair = try Scene().met()
        _ = pair.client.channel.write(ByteBuffer(string: "one"))
        pair.client.channel.flush()
        let later = pair.client.channel.write(ByteBuffer(string: "two"))
        try pair.carry()
        #expect(pair.server.above.received == Array("one".utf8))
        #expect(!later.isFulfilled(on: pair.loop))
        pair.client.channel.flush()
        try pair.carry()
        #expect(pair.server.above.received == Array("onetwo".utf8))
    }

    @Test func `writes of all sizes keep their order`() throws {
        let pair = try Scene().met()
        var expected: [UInt8] = []
        for (index, count) in [1, 16_383, 2, 40_000, 0, 16_384, 5, 700_000, 3].enumerated() {
            let bytes = [UInt8](repeating: UInt8(index + 1), count: count)
            expected += bytes
            pair.client.channel.write(ByteBuffer(bytes: bytes), promise: nil)
        }
        pair.client.channel.flush()
        try pair.carry(size: 10_007)
        #expect(pair.server.above.received == expected)
    }

    @Test func `an empty write is done when what was before it is sent`() throws {
        let pair = try Scene().met()
        let empty = pair.client.channel.writeAndFlush(ByteBuffer())
        try empty.wait()
        #expect(try pair.client.takeSent().readableBytes == 0)
    }

    @Test func `new keys are answered`() throws {
        let pair = try Scene().met()
        let tls = try #require(pair.client.handler.tls)
        #expect(sluice_tls_update_keys(tls) == 1)
        _ = pair.client.send(Array("with new keys".utf8))
        try pair.carry()
        _ = pair.server.send(Array("so are these".utf8))
        try pair.carry()
        #expect(pair.server.above.received == Array("with new keys".utf8))
        #expect(pair.client.above.received == Array("so are these".utf8))
        #expect(pair.server.above.errors.isEmpty)
    }

    @Test func `new keys over and over are refused`() throws {
        let pair = try Scene().met()
        let tls = try #require(pair.client.handler.tls)
        for _ in 0..<32 {
            #expect(sluice_tls_update_keys(tls) == 1)
            _ = pair.client.send([1])
            try pair.carry()
        }
        #expect(pair.serverError == nil)
        #expect(sluice_tls_update_keys(tls) == 1)
        _ = pair.client.send([1])
        try pair.carry()
        #expect(pair.serverError?.code == .flood)
        #expect(!pair.server.channel.isActive)
    }

    @Test func `a new handshake is refused`() throws {
        var scene = try Scene()
        scene.speak(.tls12)
        let pair = try scene.met()
        let tls = try #require(pair.client.handler.tls)
        #expect(sluice_tls_renegotiate(tls) == 1)
        pair.client.channel.flush()
        pair.client.handler.channelContext.map(pair.client.handler.sendOutput)
        try pair.carry()
        #expect(pair.serverError?.code == .renegotiation)
        #expect(!pair.server.channel.isActive)
    }

    @Test func `a record that was changed on the way is refused`() throws {
        let pair = try Scene().met()
        _ = pair.client.send(Array("request".utf8))
        var bytes = try pair.client.takeSent()
        bytes.setInteger(UInt8(bytes.getInteger(at: 10, as: UInt8.self) ?? 0) ^ 1, at: 10)
        try pair.server.receive(bytes)
        #expect(pair.serverError?.code == .protocolError)
        #expect(pair.serverError?.reasons.contains { $0.contains("bad record mac") } == true)
        try pair.carry()
        #expect(pair.clientError?.code == .alert("bad record mac"))
    }

    @Test func `records behind a failed one are not read`() throws {
        let pair = try Scene().met()
        try pair.server.receive(ByteBuffer(bytes: [23, 3, 3, 0, 1, 0]))
        _ = pair.client.send(Array("request".utf8))
        try pair.server.receive(try pair.client.takeSent())
        #expect(pair.server.above.received.isEmpty)
        #expect(pair.server.above.errors.count == 1)
    }

    @Test func `the handler reads for itself only while it must`() throws {
        let pair = try Scene().pair()
        // The server has asked for the greeting, and goes on to ask for the end of the handshake.
        #expect(pair.server.below.reads == 1)
        try pair.server.receive(try pair.client.takeSent())
        #expect(pair.server.below.reads == 2)
        try pair.carry()
        let reads = pair.server.below.reads
        _ = pair.client.send([1])
        try pair.carry()
        #expect(pair.server.below.reads == reads)
        // Half of a record is nothing to who asked.
        pair.server.channel.read()
        #expect(pair.server.below.reads == reads + 1)
        _ = pair.client.send([2])
        var bytes = try pair.client.takeSent()
        let head = bytes.readSlice(length: 5)
        try pair.server.receive(try #require(head))
        #expect(pair.server.below.reads == reads + 2)
        try pair.server.receive(bytes)
        #expect(pair.server.below.reads == reads + 2)
        #expect(pair.server.above.received == [1, 2])
    }

    @Test func `what the socket does not take is no more than what was written`() throws {
        let pair = try Scene().met()
        pair.client.below.holdsFlushes = true
        let sent = (0..<64).map { _ in pair.client.send([UInt8](repeating: 1, count: 65_536)) }
        #expect(sent.allSatisfy { !$0.isFulfilled(on: pair.loop) })
        let waiting = try pair.client.channel.syncOptions?.getOption(.bufferedWritableBytes)
        let overhead = try #require(waiting) - 64 * 65_536
        #expect(overhead > 0 && overhead <= 64 * 4 * 22)
        pair.client.below.release()
        for each in sent { try each.wait() }
        try pair.carry()
        #expect(pair.server.above.received.count == 64 * 65_536)
    }

    @Test func `who writes within a write comes behind`() throws {
        let pair = try Scene().met()
        let channel = pair.client.channel
        let late = Late()
        try channel.pipeline.syncOperations.addHandler(late, position: .before(pair.client.handler))
        late.onWrite = { channel.writeAndFlush(ByteBuffer(string: "second"), promise: nil) }
        let first = [UInt8](repeating: 1, count: TLSHandler.maxEncryptedBytes + 1)
        _ = pair.client.send(first)
        try pair.carry()
        #expect(pair.server.above.received == first + Array("second".utf8))
    }
}

/// Calls back within the first write that passes.
private final class Late: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var onWrite: (() -> Void)?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = onWrite
        onWrite = nil
        call?()
        context.write(data, promise: promise)
    }
}
