import KafkaCodec
import KafkaMessages
import KafkaWire
import Testing

@Suite("A walk over bytes that are not what they should be")
struct MalformedWalkTests {
    private func program(_ frame: CapturedFrame) throws -> WalkProgram {
        let layout = try #require(MessageLayout.layout(frame.apiKey, frame.direction))
        return WalkProgram(layout: layout, version: frame.apiVersion, roles: .all, reportingElementsOf: [.brokerID])
    }

    @Test("There are frames of nearly every API and version to try")
    func coverage() {
        #expect(CapturedFrame.smallest.count >= 590)
    }

    @Test("A frame that ends early is an error within the frame", arguments: 0..<8)
    func truncated(part: Int) async throws {
        for (index, frame) in CapturedFrame.smallest.enumerated() where index % 8 == part {
            await Task.yield()
            let bytes = frame.bytes
            let start = try frame.bodyOffset(bytes)
            let end = try frame.decoded(bytes).end
            let program = try program(frame)
            for length in start..<min(end, start + 150) {
                let error = try #require(throws: WireError.self, "\(frame) ends after \(length)") {
                    let walk = try program.walk(Array(bytes[..<length]), from: start)
                    if !walk.isFinished { throw WireError(.truncated, at: length) }
                }
                #expect(error.offset <= length, "\(frame) ends after \(length): \(error)")
            }
        }
    }

    @Test("A body that ends early is known to end early: no walk waits for bytes behind its frame", arguments: 0..<8)
    func neverWaitsForMore(part: Int) async throws {
        for (index, frame) in CapturedFrame.smallest.enumerated() where index % 8 == part {
            await Task.yield()
            let bytes = frame.bytes
            let start = try frame.bodyOffset(bytes)
            let end = try frame.decoded(bytes).end
            let program = try program(frame)
            for length in start..<min(end, start + 100) {
                // The next frame lies behind this one already.
                let chunk = bytes[start..<length] + [UInt8](repeating: 0, count: 64)
                var walker = FieldWalker(program: program, position: start, end: length)
                var trace = FieldTrace()
                var consumed = 0
                #expect(throws: WireError.self, "\(frame) ends after \(length)") {
                    _ = try chunk.withUnsafeBytes { try walker.resume($0, consumed: &consumed, sink: &trace) }
                }
                #expect(start + consumed <= length, "\(frame) ends after \(length)")
            }
        }
    }

    @Test(
        "Lengths and counts that lie are an error or a shorter message, never a trap and never bytes behind the frame",
        arguments: [
            [0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [0x80, 0, 0, 0], [0xff, 0xff, 0xff, 0xfe],
            [0xff, 0xfe],
            [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            [0x80], [0], [1],
        ] as [[UInt8]])
    func lying(lie: [UInt8]) async throws {
        for frame in CapturedFrame.smallest {
            await Task.yield()
            let bytes = frame.bytes
            let start = try frame.bodyOffset(bytes)
            let program = try program(frame)
            for position in start..<min(bytes.count, start + 40) {
                var changed = bytes
                for (offset, byte) in lie.enumerated() where position + offset < changed.count {
                    changed[position + offset] = byte
                }
                var whole: PiecewiseWalk?
                let wholeError = wireError { whole = try program.walk(changed, from: start) }
                if let wholeError {
                    #expect((0...changed.count).contains(wholeError.offset), "\(frame): \(wholeError)")
                }
                // What comes in pieces is judged as what comes whole.
                var pieces: PiecewiseWalk?
                let error = wireError {
                    pieces = try program.walk(
                        changed, from: start, cuts: [position, position + 1].map { min($0, bytes.count) })
                }
                #expect(error?.reason == wholeError?.reason, "\(frame) at \(position)")
                #expect(pieces?.trace.fields == whole?.trace.fields, "\(frame) at \(position)")
                if let whole { #expect(whole.position <= changed.count) }
            }
        }
    }

    @Test("Two or three bytes that were changed by chance do no harm", arguments: 0..<4)
    func noise(seed: UInt64) async throws {
        var generator = SeededGenerator(state: seed)
        for frame in CapturedFrame.smallest {
            await Task.yield()
            let bytes = frame.bytes
            let start = try frame.bodyOffset(bytes)
            guard start < bytes.count else { continue }
            let program = try program(frame)
            for _ in 0..<20 {
                var changed = bytes
                for _ in 0..<3 {
                    changed[Int.random(in: start..<bytes.count, using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
                _ = wireError { _ = try program.walk(changed, from: start) }
            }
        }
    }
}

/// The error that a body throws; nil if it throws none.
private func wireError(_ body: () throws -> Void) -> WireError? {
    do {
        try body()
        return nil
    } catch let error as WireError {
        return error
    } catch {
        Issue.record("\(error)")
        return nil
    }
}

/// Random numbers that are the same in each run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
