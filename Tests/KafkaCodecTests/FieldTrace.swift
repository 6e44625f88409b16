import KafkaCodec
import KafkaMessages
import KafkaWire

/// A sink that writes down what a walk reports.
struct FieldTrace: FieldSink {
    /// One field with its value; nil for null.
    struct Field: Equatable, CustomStringConvertible {
        let role: FieldRole
        let value: [UInt8]?

        var description: String { "\(role)=\(value.map { String(decoding: $0, as: UTF8.self) } ?? "null")" }
    }

    /// Something that is not a field.
    enum Mark: Equatable {
        case array(FieldLocation, count: Int)
        case element(Int)
        case elementEnd(Int)
        case tag(numberAt: Int, FieldLocation)
        case tagEnd(Int)
    }

    private(set) var fields: [Field] = []
    private(set) var locations: [FieldLocation] = []
    private(set) var marks: [Mark] = []
    private var records: [UInt8]?
    private var recordsEnd = 0

    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        fields.append(Field(role: role, value: Array(value)))
        locations.append(location)
    }

    mutating func nullField(_ role: FieldRole, _ location: FieldLocation) {
        fields.append(Field(role: role, value: nil))
        locations.append(location)
    }

    mutating func beginRecords(_ location: FieldLocation) {
        records = []
        locations.append(location)
    }

    mutating func recordBytes(_ bytes: UnsafeRawBufferPointer) {
        records?.append(contentsOf: bytes)
    }

    mutating func endRecords() {
        fields.append(Field(role: .records, value: records))
        records = nil
    }

    mutating func beginArray(_ location: FieldLocation, count: Int) {
        marks.append(.array(location, count: count))
    }

    mutating func beginElement(at position: Int) {
        marks.append(.element(position))
    }

    mutating func endElement(at position: Int) {
        marks.append(.elementEnd(position))
    }

    mutating func beginTag(numberAt position: Int, _ size: FieldLocation, _ value: UnsafeRawBufferPointer) -> Bool {
        marks.append(.tag(numberAt: position, size))
        return true
    }

    mutating func endTag(at position: Int) {
        marks.append(.tagEnd(position))
    }
}

/// A walk over a frame that comes in pieces.
struct PiecewiseWalk {
    private(set) var trace = FieldTrace()
    private(set) var isFinished = false
    /// Where the walk stands in the frame.
    private(set) var position: Int
    private var walker: FieldWalker
    private var pending: [UInt8] = []

    init(_ program: WalkProgram, from position: Int, end: Int) {
        walker = FieldWalker(program: program, position: position, end: end)
        self.position = position
    }

    /// Gives the walk bytes; what it does not use is given again with the next ones.
    mutating func take(_ bytes: ArraySlice<UInt8>) throws {
        guard !isFinished else { return }
        pending.append(contentsOf: bytes)
        var consumed = 0
        let progress = try pending.withUnsafeBytes { try walker.resume($0, consumed: &consumed, sink: &trace) }
        pending.removeFirst(consumed)
        position += consumed
        isFinished = progress == .finished
    }
}

extension WalkProgram {
    /// Walks a frame that is cut at the places.
    func walk(_ frame: [UInt8], from start: Int, cuts: [Int] = []) throws -> PiecewiseWalk {
        var walk = PiecewiseWalk(self, from: start, end: frame.count)
        var position = start
        for cut in cuts.map({ max(start, $0) }) + [frame.count] {
            try walk.take(frame[position..<cut])
            position = cut
        }
        return walk
    }
}
