import ArgumentParser
import Settings
import SluiceConfiguration

/// `sluice config-schema`: prints the JSON Schema of configuration files.
struct ConfigSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config-schema",
        abstract: "Prints the JSON Schema of the configuration, for editors.",
        discussion:
            "With a first line of '# yaml-language-server: $schema=FILE', editors complete and check as you type."
    )

    func run() {
        print(ConfigurationLoader(filterTypes: BuiltInFilters.types).jsonSchema.prettyPrinted)
    }
}
