import ArgumentParser
import Foundation
import KafkaMessages
import KafkaWire
import NIOCore

/// `sluice decode`: captured frames, printed as JSON or written back as bytes.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Prints captured Kafka frames as JSON, one object a line.",
        discussion: """
            A frame is given without its 4-byte size, but for --binary. '-' stands for the standard input.
            Responses do not say what they are: for hex and binary input, say so with --response, --api-key and \
            --api-version; lines of JSON carry it. With --reencode every frame is decoded in full and written back \
            from the decoded values.
            """)

    @Option(help: "A file of JSON lines with the keys direction, api_key, api_version and frame (hex).")
    var frames: String?

    @Option(help: "A file of hex, one frame a line.")
    var hex: String?

    @Option(help: "A file of frames as they were on the wire, each with its 4-byte size.")
    var binary: String?

    @Argument(help: "A frame in hex.")
    var frame: String?

    @Flag(help: "The frames are responses.")
    var response = false

    @Option(help: "The API key of the responses.")
    var apiKey: Int16?

    @Option(help: "The API version of the responses.")
    var apiVersion: Int16?

    @Flag(help: "Write the frames back as bytes, in the format they came in, after a full decode.")
    var reencode = false

    func validate() throws {
        guard [frames, hex, binary, frame].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("Give one of --frames, --hex, --binary or a frame.")
        }
        if response, apiKey == nil || apiVersion == nil {
            throw ValidationError("--response needs --api-key and --api-version.")
        }
    }

    func run() throws {
        if let frames {
            try decodeLines(frames)
        } else if let binary {
            try decodeBinary(binary)
        } else {
            let text = try frame ?? hex.map { String(decoding: try Self.read($0), as: UTF8.self) } ?? ""
            for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) {
                try decodeHex(line)
            }
        }
    }

    private func decodeLines(_ path: String) throws {
        let data = try Self.read(path)
        for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            let captured: CapturedFrame
            do {
                captured = try CapturedFrame(line: text)
            } catch {
                throw ValidationError("\(path), line \(index + 1): \(error)")
            }
            guard !captured.frame.isEmpty else { continue }
            do {
                let frame = try captured.decode()
                try Self.write(reencode ? captured.reencoded(frame) : FrameJSON.text(frame))
            } catch let undecoded as Undecoded {
                try Self.write(captured.line(undecoded: undecoded.reason))
            }
        }
    }

    private func decodeHex(_ line: Substring) throws {
        let hex = line.filter { !$0.isWhitespace }
        let captured = CapturedFrame(frame: hex, response: response, apiKey: apiKey, apiVersion: apiVersion)
        do {
            let frame = try captured.decode()
            try Self.write(reencode ? try captured.bytes(of: frame).hex : FrameJSON.text(frame))
        } catch let undecoded as Undecoded {
            try Self.write(reencode ? hex : captured.line(undecoded: undecoded.reason))
        }
    }

    private func decodeBinary(_ path: String) throws {
        var input = ByteBuffer(bytes: try Self.read(path))
        while input.readableBytes > 0 {
            guard let size = input.readInteger(as: Int32.self), size >= 0,
                let frame = input.readSlice(length: Int(size))
            else { throw ValidationError("\(path): at byte \(input.readerIndex): not the size of a frame") }
            let captured = CapturedFrame(frame: frame.hex, response: response, apiKey: apiKey, apiVersion: apiVersion)
            var written = frame
            do {
                let decoded = try captured.decode()
                if reencode {
                    written = try captured.bytes(of: decoded)
                } else {
                    try Self.write(FrameJSON.text(decoded))
                }
            } catch let undecoded as Undecoded {
                if !reencode { try Self.write(captured.line(undecoded: undecoded.reason)) }
            }
            if reencode {
                var output = ByteBuffer(integer: Int32(written.readableBytes))
                output.writeBuffer(&written)
                try FileHandle.standardOutput.write(contentsOf: Data(output.readableBytesView))
            }
        }
    }

    private static func read(_ path: String) throws -> Data {
        if path == "-" { return try FileHandle.standardInput.readToEnd() ?? Data() }
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private static func write(_ line: String) throws {
        try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }
}
