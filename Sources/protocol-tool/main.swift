import Foundation

// The tool behind `Protocol/` and the generated code; CONTRIBUTING says when to run it.
let usage = """
    usage: protocol-tool import DIR…      Kafka's message JSON, oldest release first, into Protocol/
           protocol-tool generate         Protocol/ into Sources/KafkaMessages/Generated/
           protocol-tool random SEED [--unknown-tags]
                                          random messages as lines of JSON, for tests

    Run in the root of the repository.

    """

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "import" where arguments.count > 1:
        try Import.run(folders: Array(arguments.dropFirst()), output: "Protocol")
    case "generate" where arguments.count == 1:
        try Generate.run(input: "Protocol", output: "Sources/KafkaMessages/Generated")
    case "random":
        guard let seed = arguments.dropFirst().first(where: { $0 != "--unknown-tags" }).flatMap(UInt64.init) else {
            throw ToolError("random needs a seed")
        }
        var messages = RandomMessages(seed: seed, unknownTags: arguments.contains("--unknown-tags"))
        for line in try messages.lines(try Generate.definitions(in: "Protocol")) { print(line) }
    default:
        FileHandle.standardError.write(Data(usage.utf8))
        exit(64)
    }
} catch {
    FileHandle.standardError.write(Data("protocol-tool: \(error)\n".utf8))
    exit(1)
}
