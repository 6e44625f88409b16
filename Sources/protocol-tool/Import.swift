import Foundation

/// `import`: the message definitions of Kafka releases, oldest first, into `Protocol/`.
enum Import {
    static func run(folders: [String], output: String) throws {
        var messages: [String: Message] = [:]
        var apis: [Int: (name: String, requests: [String], responses: [String])] = [:]
        var others: [String: Message] = [:]
        for folder in folders {
            for (name, entry) in try KafkaJSON.messages(in: folder).sorted(by: { $0.key < $1.key }) {
                guard let message = entry.message else { continue }
                if let key = entry.apiKey {
                    let identity = "\(key) \(message.kind.rawValue)"
                    if let older = messages[identity] {
                        messages[identity] = try Merge(older: older, newer: message).merged()
                    } else {
                        messages[identity] = message
                    }
                    if message.kind == .request {
                        apis[key] = (String(name.dropLast("Request".count)), [], [])
                    }
                } else if message.kind == .header || name.hasPrefix("ConsumerProtocol") {
                    others[name] = try others[name].map { try Merge(older: $0, newer: message).merged() } ?? message
                }
            }
        }
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: output) where name.hasSuffix(".txt") {
            try FileManager.default.removeItem(atPath: output + "/" + name)
        }
        for (key, api) in apis {
            guard var request = messages["\(key) request"], var response = messages["\(key) response"] else {
                throw ToolError("API \(key) has no request or no response")
            }
            request.name = api.name + "Request"
            response.name = api.name + "Response"
            try write(Definition(name: api.name, apiKey: key, messages: [request, response]), to: output)
        }
        let headers = others.values.filter { $0.kind == .header }.sorted { $0.name < $1.name }
        let consumer = others.values.filter { $0.kind == .data }.sorted { $0.name < $1.name }
        try write(Definition(name: "Headers", apiKey: nil, messages: headers), to: output)
        try write(Definition(name: "ConsumerProtocol", apiKey: nil, messages: consumer), to: output)
    }

    private static func write(_ definition: Definition, to folder: String) throws {
        var definition = definition
        for index in definition.messages.indices { Roles.assign(&definition.messages[index]) }
        let path = "\(folder)/\(definition.name).txt"
        try DefinitionText.write(definition).write(toFile: path, atomically: true, encoding: .utf8)
    }
}
