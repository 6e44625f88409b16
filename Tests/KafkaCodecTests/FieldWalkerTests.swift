import KafkaCodec
import KafkaMessages
import KafkaWire
import Testing

@Suite("A walk over the fields of a frame")
struct FieldWalkerTests {
    private func program(_ frame: CapturedFrame, _ roles: FieldRoles = .all) throws -> WalkProgram {
        let layout = try #require(MessageLayout.layout(frame.apiKey, frame.direction))
        return WalkProgram(layout: layout, version: frame.apiVersion, roles: roles)
    }

    @Test("It reports what the typed message holds, and ends where the body ends", arguments: CapturedFrame.files)
    func sameAsTyped(file: String) throws {
        for frame in try CapturedFrame.frames(file) {
            let bytes = frame.bytes
            let (body, end) = try frame.decoded(bytes)
            let walk = try program(frame).walk(bytes, from: try frame.bodyOffset(bytes))
            #expect(walk.isFinished, "\(frame)")
            #expect(walk.position == end, "\(frame)")
            let expected = ExpectedFields(body, version: frame.apiVersion)
            #expect(expected.match(walk.trace.fields), "\(frame): \(walk.trace.fields) for \(expected.groups)")
        }
    }

    @Test("A reported field stands where its location says", arguments: CapturedFrame.files)
    func locations(file: String) throws {
        for frame in try CapturedFrame.frames(file) {
            let bytes = frame.bytes
            let trace = try program(frame).walk(bytes, from: try frame.bodyOffset(bytes)).trace
            try #require(trace.locations.count == trace.fields.count)
            for (field, location) in zip(trace.fields, trace.locations) {
                #expect(location.start <= location.valueStart && location.valueStart <= location.end)
                #expect(Array(bytes[location.valueStart..<location.end]) == field.value ?? [], "\(frame) \(field)")
            }
        }
    }

    @Test("It reports the same whether the frame comes whole or cut in two anywhere", arguments: 0..<8)
    func cutInTwo(part: Int) async throws {
        for (index, frame) in CapturedFrame.smallest.enumerated() where index % 8 == part {
            await Task.yield()
            let bytes = frame.bytes
            let start = try frame.bodyOffset(bytes)
            let program = try program(frame)
            let whole = try program.walk(bytes, from: start)
            for cut in start..<min(bytes.count, start + 400) {
                let walk = try program.walk(bytes, from: start, cuts: [cut])
                #expect(walk.isFinished, "\(frame) cut at \(cut)")
                #expect(walk.position == whole.position, "\(frame) cut at \(cut)")
                #expect(walk.trace.fields == whole.trace.fields, "\(frame) cut at \(cut)")
                #expect(walk.trace.marks == whole.trace.marks, "\(frame) cut at \(cut)")
                #expect(walk.trace.locations == whole.trace.locations, "\(frame) cut at \(cut)")
            }
        }
    }

    @Test("It reports the same when bytes come one by one", arguments: CapturedFrame.files)
    func oneByOne(file: String) async throws {
        for frame in try CapturedFrame.frames(file) {
            await Task.yield()
            let bytes = frame.bytes
            guard bytes.count < 1500 else { continue }
            let start = try frame.bodyOffset(bytes)
            let program = try program(frame)
            let walk = try program.walk(bytes, from: start, cuts: Array(start...bytes.count))
            #expect(walk.isFinished, "\(frame)")
            #expect(walk.trace.fields == (try program.walk(bytes, from: start).trace.fields), "\(frame)")
        }
    }

    @Test(
        "It reports one role as well as all of them",
        arguments: [
            [.topicName], [.topicID], [.errorCode], [.host, .port, .brokerID], [.records], [.groupID], [.throttleTime],
        ] as [FieldRoles])
    func someRoles(roles: FieldRoles) throws {
        for frame in CapturedFrame.smallest {
            let bytes = frame.bytes
            let start = try frame.bodyOffset(bytes)
            let all = try program(frame).walk(bytes, from: start)
            let some = try program(frame, roles).walk(bytes, from: start)
            #expect(some.isFinished)
            #expect(some.position == all.position)
            #expect(some.trace.fields == all.trace.fields.filter { roles.has($0.role) }, "\(frame)")
        }
    }

    @Test("A walk that nobody asked anything of reports nothing")
    func noRoles() throws {
        for frame in CapturedFrame.smallest {
            let bytes = frame.bytes
            let program = try program(frame, [])
            #expect(program.reportsNothing)
            let walk = try program.walk(bytes, from: try frame.bodyOffset(bytes))
            #expect(walk.isFinished)
            #expect(walk.trace.fields.isEmpty && walk.trace.marks.isEmpty)
        }
    }

    @Test("It never takes bytes of what follows the frame")
    func bytesBehind() throws {
        for frame in CapturedFrame.smallest {
            let bytes = frame.bytes
            let start = try frame.bodyOffset(bytes)
            let more = bytes[start...] + [UInt8](repeating: 0x7f, count: 64)
            var walker = FieldWalker(program: try program(frame), position: start, end: bytes.count)
            var trace = FieldTrace()
            var consumed = 0
            let progress = try more.withUnsafeBytes { try walker.resume($0, consumed: &consumed, sink: &trace) }
            #expect(progress == .finished)
            #expect(start + consumed <= bytes.count)
        }
    }

    @Test("The bounds of elements lie one behind the other, between the count and the end")
    func elements() throws {
        let metadata = CapturedFrame.smallest.filter { $0.apiKey == .metadata && $0.direction == .response }
        #expect(metadata.count >= 10)
        for frame in metadata {
            let bytes = frame.bytes
            let layout = try #require(MessageLayout.layout(frame.apiKey, frame.direction))
            let program = WalkProgram(
                layout: layout, version: frame.apiVersion, roles: [.host], reportingElementsOf: [.brokerID])
            let walk = try program.walk(bytes, from: try frame.bodyOffset(bytes))
            let hosts = walk.trace.fields.count
            guard case .array(let location, let count)? = walk.trace.marks.first else {
                Issue.record("\(frame): no array")
                continue
            }
            #expect(count == hosts)
            var end = location.end
            for (index, mark) in walk.trace.marks.dropFirst().enumerated() {
                if index % 2 == 0 {
                    #expect(mark == .element(end), "\(frame)")
                } else if case .elementEnd(let position) = mark {
                    #expect(position > end)
                    end = position
                }
            }
            #expect(walk.trace.marks.count == 1 + 2 * count)
        }
    }
}
