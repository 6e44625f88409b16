import ArgumentParser
import SASL

/// `sluice credentials`: keeps the file of users that listeners check passwords by.
struct CredentialsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Keeps a credentials file: who may sign in with a password.",
        discussion: """
            The file holds salted verifiers and no passwords. It is written as a whole, readable by its owner alone, and \
            taken up by a running proxy without a reload.
            """,
        subcommands: [Add.self, Remove.self, List.self, Verify.self]
    )

    /// The options that all of them have.
    struct File: ParsableArguments {
        @Option(name: [.short, .customLong("file")], help: "The credentials file.")
        var file: String
    }

    /// Adds a user, or gives it another password.
    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a user, or gives it another password.",
            discussion: "The password is read from the terminal, from standard input (its first line), or from a file."
        )

        @OptionGroup var file: File
        @OptionGroup var password: PasswordSource
        @Option(help: "How often the password is stretched: 4096 to 1000000.")
        var iterations = ScramVerifier.defaultIterations
        @Argument(help: "The user's name.")
        var user: String

        func validate() throws {
            let range = ScramVerifier.iterationRange
            guard range.contains(iterations) else {
                throw ValidationError("--iterations must be between \(range.lowerBound) and \(range.upperBound)")
            }
            guard !user.isEmpty, user.utf8.count <= PlainMessage.longestName, !user.utf8.contains(0) else {
                throw ValidationError("the name must have 1 to \(PlainMessage.longestName) bytes, none of them NUL")
            }
        }

        func run() throws {
            let verifiers = CredentialsFile.verifiers(
                password: try password.read(confirming: true), iterations: iterations)
            var isNew = true
            try CredentialsFile.edit(file.file, creates: true) { (bytes) throws(CredentialsFile.Invalid) in
                isNew = try CredentialsFile.read(bytes).verifiers(of: user).isEmpty
                return try CredentialsFile.setting(user, verifiers, in: bytes)
            }
            print("\(isNew ? "added" : "changed") '\(user)' in \(file.file)")
        }
    }

    /// Removes a user.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a user.")

        @OptionGroup var file: File
        @Argument(help: "The user's name.")
        var user: String

        func run() throws {
            let isChanged = try CredentialsFile.edit(file.file, creates: false) {
                (bytes) throws(CredentialsFile.Invalid) in try CredentialsFile.removing(user, in: bytes)
            }
            guard isChanged else { throw CleanExit.noSuchUser(user, file.file) }
            print("removed '\(user)' from \(file.file)")
        }
    }

    /// Lists the users.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the users, one a line, with their mechanisms.")

        @OptionGroup var file: File

        func run() throws {
            let table = try CredentialsFile.load(file.file)
            for user in table.usernames {
                let mechanisms = table.verifiers(of: user).map { verifier in
                    let mechanism = verifier.hash == .sha256 ? SASLMechanism.scramSHA256 : .scramSHA512
                    return "\(mechanism.rawValue) (\(verifier.iterations) iterations)"
                }
                print("\(user)\t\(mechanisms.joined(separator: ", "))")
            }
        }
    }

    /// Checks a password.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a password. The exit status is 0 when it is right, 1 when not.")

        @OptionGroup var file: File
        @OptionGroup var password: PasswordSource
        @Argument(help: "The user's name.")
        var user: String

        func run() throws {
            let table = try CredentialsFile.load(file.file)
            let given = try password.read(confirming: false)
            let verifiers = table.verifiers(of: user)
            guard !verifiers.isEmpty, verifiers.allSatisfy({ $0.matches(given) }) else {
                StandardError.print("no such user, or another password")
                throw ExitCode.failure
            }
            print("the password of '\(user)' is right")
        }
    }
}

extension CleanExit {
    fileprivate static func noSuchUser(_ user: String, _ file: String) -> any Error {
        StandardError.print("there is no user '\(user)' in \(file)")
        return ExitCode.failure
    }
}
