import COpenSSL
import NIOCore

extension TLSHandler {
    /// Decrypts what was received, and gives it upwards: all of it in one buffer if it is no more than that holds.
    func decrypt(_ bytes: inout ByteBuffer, _ context: ChannelHandlerContext) {
        isDelivering = true
        defer { isDelivering = false }
        while phase == .established || phase == .closing, !inputEnded, let tls {
            let expected = bytes.readableBytes + sluice_tls_held(tls)
            guard expected > 0 else { return }
            // What is decrypted is shorter than what was received: by a header, a type and a tag in each record. Full
            // records then fit in a power of two, which is what is allocated.
            let overhead = expected / (Self.maxRecordBytes + Self.leastOverhead) * Self.leastOverhead
            var plain = context.channel.allocator.buffer(capacity: min(expected - overhead, Self.maxPlainBytes))
            var taken = 0
            var step = SLUICE_DONE
            bytes.withUnsafeReadableBytes { input in
                _ = plain.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { output in
                    var made = 0
                    step = sluice_tls_read(
                        tls, input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count, &taken,
                        output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count, &made)
                    return made
                }
            }
            bytes.moveReaderIndex(forwardBy: min(taken, bytes.readableBytes))
            keepSessions(tls)
            // The answer to new keys of the peer.
            if step != SLUICE_FAILED { sendOutput(context) }
            if plain.readableBytes > 0, phase == .established {
                hasDelivered = true
                context.fireChannelRead(wrapInboundOut(plain))
            }
            switch step {
            case SLUICE_DONE: continue
            case SLUICE_WANTS_BYTES: return
            case SLUICE_PEER_CLOSED: endInput(context)
            default:
                if phase == .established || phase == .closing { fail(failure(tls, whileHandshaking: false), context) }
            }
            return
        }
    }

    /// The peer has said that nothing more comes.
    private func endInput(_ context: ChannelHandlerContext) {
        guard !inputEnded else { return }
        inputEnded = true
        switch phase {
        case .established:
            let staysOpen = (try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)) ?? false
            if staysOpen {
                context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            } else {
                closeAll(context, nil)
            }
        default: break
        }
    }

    /// Encrypts what was flushed and hands it down. Something is flushed below even when there was nothing.
    func encryptFlushed(_ context: ChannelHandlerContext) {
        guard !isEncrypting else {
            // Who is below has called back in the middle of it.
            encryptsAgain = true
            return
        }
        isEncrypting = true
        defer { isEncrypting = false }
        repeat {
            encryptsAgain = false
            guard pending.hasMark else { return }
            sendOutput(context)
            while pending.hasMark, phase == .established {
                guard encryptChunk(context) else { return }
            }
            context.flush()
        } while encryptsAgain && phase == .established
        if let tls, phase == .established { sluice_tls_rest(tls) }
    }

    /// Encrypts what was flushed and still waits, since ``encryptFlushed(_:)`` is under way further down the stack: the
    /// output is about to end.
    func encryptBeforeEnd(_ context: ChannelHandlerContext) {
        while pending.hasMark, phase == .established, !outputEnded {
            guard encryptChunk(context) else { return }
        }
    }

    /// Encrypts as much as one buffer is to hold.
    private func encryptChunk(_ context: ChannelHandlerContext) -> Bool {
        guard let tls else { return false }
        let total = flushedBytes(upTo: Self.maxEncryptedBytes)
        let records = (total + Self.maxRecordBytes - 1) / Self.maxRecordBytes
        let room = total + records * sluice_tls_record_overhead(tls)
        var output = context.channel.allocator.buffer(capacity: room)
        var promises: [EventLoopPromise<Void>] = []
        var left = total
        repeat {
            guard pending.hasMark, var write = pending.first else { break }
            let count = min(write.bytes.readableBytes, left)
            left -= count
            guard count == 0 || encrypt(&write.bytes, count, isLast: left == 0, into: &output, tls) else {
                for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
                fail(failure(tls, whileHandshaking: false), context)
                return false
            }
            if write.bytes.readableBytes > 0 {
                pending[pending.startIndex] = write
            } else {
                _ = pending.popFirst()
                if let promise = write.promise { promises.append(promise) }
            }
        } while left > 0 || (pending.hasMark && pending.first?.bytes.readableBytes == 0)
        let promise = promises.first
        for other in promises.dropFirst() { promise?.futureResult.cascade(to: other) }
        // More than was reckoned with comes behind; in the same buffer, since a write may call back.
        if var rest = takeOutput(context) { output.writeBuffer(&rest) }
        context.write(wrapOutboundOut(output), promise: promise)
        return true
    }

    /// How many bytes were flushed and not sent, up to a bound.
    private func flushedBytes(upTo bound: Int) -> Int {
        var total = 0
        for (index, write) in zip(pending.indices, pending) {
            total += write.bytes.readableBytes
            if total >= bound { return bound }
            if pending.isMarked(index: index) { break }
        }
        return total
    }

    private func encrypt(
        _ bytes: inout ByteBuffer, _ count: Int, isLast: Bool, into output: inout ByteBuffer, _ tls: OpaquePointer
    ) -> Bool {
        var step = SLUICE_DONE
        bytes.withUnsafeReadableBytes { input in
            _ = output.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { region in
                var made = 0
                step = sluice_tls_write(
                    tls, input.baseAddress?.assumingMemoryBound(to: UInt8.self), min(count, input.count),
                    isLast ? 1 : 0, region.baseAddress?.assumingMemoryBound(to: UInt8.self), region.count, &made)
                return made
            }
        }
        bytes.moveReaderIndex(forwardBy: count)
        return step == SLUICE_DONE
    }

    /// Takes what OpenSSL has to send beside data: messages of the handshake and alerts.
    func takeOutput(_ context: ChannelHandlerContext) -> ByteBuffer? {
        guard let tls else { return nil }
        var count = 0
        guard let bytes = sluice_tls_output(tls, &count), count > 0 else { return nil }
        let buffer = context.channel.allocator.buffer(bytes: UnsafeBufferPointer(start: bytes, count: count))
        sluice_tls_output_taken(tls)
        return buffer
    }

    /// Sends what OpenSSL has to send beside data.
    func sendOutput(_ context: ChannelHandlerContext) {
        guard let output = takeOutput(context) else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }
}
