import SwiftProtobuf

/// Protobuf message types, read from descriptors: proto2, proto3 and editions.
package struct ProtobufSchema: Sendable {
    /// Bounds on schemas.
    enum Limit {
        /// How deep messages may be declared in one another.
        static let nesting = 32
        /// The most fields of all messages.
        static let fields = 1 << 20
    }

    var messages: [String: ProtobufMessage] = [:]
    var enums: [String: ProtobufEnum] = [:]
    /// The messages that the last file declares outside of others, in their order.
    private(set) var roots: [String] = []
    /// The same of each file, in the order of the files.
    private var rootsByFile: [[String]] = []

    /// Reads a set of files, as `protoc --include_imports --descriptor_set_out` writes it.
    ///
    /// - Throws: ``SchemaError`` if it is not one, or declares something twice.
    package init(descriptorSet bytes: [UInt8]) throws(SchemaError) {
        let set: Google_Protobuf_FileDescriptorSet
        do {
            set = try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
        } catch {
            throw SchemaError("is not a serialized FileDescriptorSet")
        }
        guard !set.file.isEmpty else { throw SchemaError("the FileDescriptorSet has no files") }
        try self.init(files: set.file)
    }

    /// Reads a file and what it imports, as registries serve them (`?format=serialized`).
    ///
    /// Google's well-known types need not be among the imports.
    ///
    /// - Parameters:
    ///   - file: A serialized FileDescriptorProto.
    ///   - references: The serialized FileDescriptorProtos of its imports, in any order.
    /// - Throws: ``SchemaError`` if one of them is not valid, or something is declared twice.
    package init(file: [UInt8], references: [[UInt8]] = []) throws(SchemaError) {
        var files: [Google_Protobuf_FileDescriptorProto] = []
        for bytes in references + [file] {
            do {
                files.append(try Google_Protobuf_FileDescriptorProto(serializedBytes: bytes))
            } catch {
                throw SchemaError("is not a serialized FileDescriptorProto")
            }
        }
        try self.init(files: files)
    }

    private init(files: [Google_Protobuf_FileDescriptorProto]) throws(SchemaError) {
        var reader = ProtobufDescriptorReader()
        for file in files {
            try reader.declare(file)
        }
        reader.declareWellKnown()
        for file in files {
            try reader.define(file)
        }
        messages = reader.messages
        enums = reader.enums
        rootsByFile = files.map { file in
            file.messageType.map { file.package.isEmpty ? $0.name : "\(file.package).\($0.name)" }
        }
        roots = rootsByFile.last ?? []
    }

    /// True if some bytes are a serialized FileDescriptorProto with messages.
    static func isFile(_ bytes: [UInt8]) -> Bool {
        let file = try? Google_Protobuf_FileDescriptorProto(serializedBytes: bytes)
        return file?.messageType.isEmpty == false
    }

    /// True if there is a message of this full name.
    package func hasMessage(_ name: String) -> Bool { messages[name] != nil }

    /// The full names of the messages that Confluent's message indexes may lead to: the place of a message in the file,
    /// then the place of a message in that one, and so on.
    ///
    /// Clients do not agree on whether the entries of maps count among the messages of a message, as they do in
    /// descriptors. The first name is of those that do not count them (Java's), a second, if it is another, of those that
    /// do.
    package func messageNames(at indexes: [Int]) -> [String] {
        var names: [String] = []
        for countsEntries in [false, true] {
            if let name = messageName(at: indexes, in: roots, countsEntries: countsEntries), !names.contains(name) {
                names.append(name)
            }
        }
        return names
    }

    /// The full name of a message that is named in full, or, if the last file declares it outside of others, simply.
    package func messageName(_ name: String) -> String? {
        hasMessage(name) ? name : roots.first { $0 == name || $0.hasSuffix(".\(name)") }
    }

    /// True if message indexes lead to a message in the file that declares it.
    func leads(_ indexes: [Int], to message: String) -> Bool {
        rootsByFile.contains { roots in
            [false, true].contains { messageName(at: indexes, in: roots, countsEntries: $0) == message }
        }
    }

    private func messageName(at indexes: [Int], in roots: [String], countsEntries: Bool) -> String? {
        var name: String?
        var names = roots
        for index in indexes {
            guard names.indices.contains(index) else { return nil }
            let found = names[index]
            name = found
            names = messages[found]?.nested ?? []
            if !countsEntries { names.removeAll { messages[$0]?.isMapEntry == true } }
        }
        guard let name, messages[name]?.isMapEntry == false else { return nil }
        return name
    }
}
