import Foundation
import Logging
import NIOCore
import NIOPosix

/// What tests of signing in share.
enum SignInGroup {
    static var shared: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Files of tests' own.
enum TemporaryFile {
    /// Writes a file.
    static func make(_ text: String) throws -> String {
        let url = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        try Data(text.utf8).write(to: url)
        return url.path
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
